"""Training: what a scenario says is played, and a snapshot kept whenever one is due."""
