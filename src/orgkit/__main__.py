"""`orgkit`, and `python -m orgkit`: the first of orgkit that runs, so that Ctrl-C is heard while the rest is loaded."""

import sys

from orgkit import interruption


def main() -> None:
    """The console script."""
    try:
        interruption.listen()
        from orgkit import cli

        cli.main()
    except KeyboardInterrupt:
        sys.exit(interruption.interrupted())
    finally:
        interruption.ignore()


if __name__ == "__main__":
    main()
