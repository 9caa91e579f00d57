"""What every room stands on: shapes, errors, faults, files, locks, memory, TOML, tables of rows."""
