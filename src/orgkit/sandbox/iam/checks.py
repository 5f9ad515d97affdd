"""Which passwords and names IAM takes."""

from __future__ import annotations

import re
from typing import Final

from moto.iam.exceptions import IAMException, ValidationError
from moto.iam.models import AccountPasswordPolicy

# IAM User Guide, "Set an account password policy for IAM users": the default policy, and the symbols.
DEFAULT_LENGTH: Final = 8
DEFAULT_KINDS: Final = 3
SYMBOLS: Final = frozenset("!@#$%^&*()_+-=[]{}|'")


def check_password(password: str, policy: AccountPasswordPolicy | None) -> None:
    """Raise PasswordPolicyViolation unless the account's policy, or the default one, takes the password."""
    has = (
        any(character.isascii() and character.islower() for character in password),
        any(character.isascii() and character.isupper() for character in password),
        any(character.isascii() and character.isdigit() for character in password),
        not SYMBOLS.isdisjoint(password),
    )
    if policy is None:
        fine = len(password) >= DEFAULT_LENGTH and sum(has) >= DEFAULT_KINDS
    else:
        wants = (
            policy.require_lowercase_characters,
            policy.require_uppercase_characters,
            policy.require_numbers,
            policy.require_symbols,
        )
        kinds_fine = all(there for there, wanted in zip(has, wants, strict=True) if wanted)
        fine = len(password) >= policy.minimum_password_length and kinds_fine
    if not fine:
        raise IAMException("PasswordPolicyViolation", "Password does not conform to the account password policy.")


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
