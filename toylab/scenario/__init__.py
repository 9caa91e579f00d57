"""Scenarios: TOML files read, checked in full, and frozen."""
