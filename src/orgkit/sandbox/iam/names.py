"""What may be the name of something in IAM."""

from __future__ import annotations

import re
from typing import Final

from moto.iam.exceptions import ValidationError

_PATTERN: Final = r"[\w+=,.@-]+"


def check_name(member: str, name: str, longest: int) -> None:
    """Raise ValidationError for a name that the service model does not allow. moto takes any."""
    if len(name) > longest:
        rule = f"have length less than or equal to {longest}"
    elif not re.fullmatch(_PATTERN, name, re.ASCII):
        rule = f"satisfy regular expression pattern: {_PATTERN}"
    else:
        return
    raise ValidationError(
        f"1 validation error detected: Value '{name}' at '{member}' failed to satisfy constraint: Member must {rule}"
    )
