"""Where `orgkit` and `python -m orgkit` begin: signals are heard from here on, while the rest is still being loaded."""

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
