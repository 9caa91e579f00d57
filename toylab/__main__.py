"""`toylab`, and `python -m toylab` where the command itself is not on the path."""

from toylab.cli.stopping import stoppable


def main() -> None:
    """Run the command line; Ctrl-C is answered from here on, while the rest is still imported."""
    with stoppable():
        from toylab.cli import commands
    commands.main()


if __name__ == "__main__":
    main()
