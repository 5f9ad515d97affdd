"""IAM: moto's, with what AWS does and moto does not."""

from __future__ import annotations

from moto.iam.models import iam_backends

from orgkit.sandbox import PAYER


def root_user(*, mfa: bool = False, access_keys: bool = False) -> None:
    """Whether GetAccountSummary tells of an MFA device and access keys of the payer's root, until a reset."""
    summary = iam_backends[PAYER]["aws"].account_summary
    summary._account_mfa_enabled = int(mfa)
    summary._account_access_keys_present = int(access_keys)
