"""Claims counted over seeds: ensembles and their cache, workers, sweeps, tables."""
