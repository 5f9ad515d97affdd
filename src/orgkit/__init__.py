"""orgkit: bootstrap an AWS organization that a partner pays for and an institution runs."""

from typing import Final

__version__: Final = "0.1.0"
