"""The settings file and the policies it names: read, checked, and all their problems at once."""

from orgkit.settings.scp_list import Scp
from orgkit.settings.settings import EXAMPLE, Iam, Settings, amiss, example, load, parse, write

__all__ = ["EXAMPLE", "Iam", "Scp", "Settings", "amiss", "example", "load", "parse", "write"]
