"""`orgkit`, and `python -m orgkit`: the first of orgkit that runs, so that Ctrl-C is heard while the rest is loaded."""

import sys

from orgkit.cli import process


def main() -> None:
    """The console script."""
    try:
        process.listen()
        from orgkit.cli import main as cli

        cli.main()
    except KeyboardInterrupt as cause:
        sys.exit(process.interrupted(cause))
    finally:
        process.ignore()


if __name__ == "__main__":
    main()
