"""The command line: it alone knows how to train and how to film."""
