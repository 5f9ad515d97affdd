"""IAM: moto's, with what AWS does and moto does not.

The layout is moto's (models, responses, urls), so that one line puts these classes in moto's place.
"""

from __future__ import annotations

from functools import cache

from orgkit.sandbox import PAYER
from orgkit.sandbox.mending import mend


@cache
def install() -> None:
    """Put the mended IAM in moto's place. What an IAM of moto's own held until now is forgotten."""
    from moto.iam.models import User, iam_backends

    from orgkit.sandbox.iam.models import Backend
    from orgkit.sandbox.iam.users import permissions_boundary

    iam_backends.backend = Backend
    iam_backends.clear()
    # moto's answers read what they tell of a user from attributes named like AWS's members.
    mend(User, permissions_boundary=property(permissions_boundary))


def root_user(*, mfa: bool = False, access_keys: bool = False) -> None:
    """Whether GetAccountSummary tells of an MFA device and access keys of the payer's root, until a reset."""
    from moto.iam.models import iam_backends

    summary = iam_backends[PAYER]["aws"].account_summary
    summary._account_mfa_enabled = int(mfa)
    summary._account_access_keys_present = int(access_keys)
