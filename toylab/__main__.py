"""`toylab`, and `python -m toylab` where the command itself is not on the path."""

import signal

from toylab.base.haste import hurry, leave
from toylab.cli.stopping import stoppable


def main() -> None:
    """Run the command line; Ctrl-C is answered from here on, while the rest is still imported."""
    hurry()
    with stoppable():
        from toylab.cli import commands
    try:
        commands.main()
    finally:
        # All is said and written. What libraries still put away as Python ends is theirs to finish.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        leave()


if __name__ == "__main__":
    main()
