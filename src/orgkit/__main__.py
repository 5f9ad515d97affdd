"""`orgkit`, and `python -m orgkit`: the first of orgkit that runs, so that Ctrl-C is heard while the rest is loaded."""

import sys

from orgkit.cli import interrupt


def main() -> None:
    """The console script."""
    try:
        interrupt.listen()
        from orgkit.cli import main as cli

        cli.main()
    except KeyboardInterrupt as cause:
        sys.exit(interrupt.interrupted(cause))
    finally:
        interrupt.ignore()


if __name__ == "__main__":
    main()
