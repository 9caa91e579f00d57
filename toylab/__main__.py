"""`python -m toylab`, where the command itself is not on the path."""

from toylab.cli import main

if __name__ == "__main__":
    main()
