"""What every room stands on: numbers' shapes, errors, files, streams, tables of rows."""
