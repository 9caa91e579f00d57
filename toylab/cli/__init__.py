"""The command line, where both wings meet."""
