"""A sandbox instead of AWS on this machine: moto, plus what AWS does and moto does not.

Nothing here is needed to work on a real account. One module an AWS service; each difference from moto is
named where it is mended, with the AWS fact it restores, so that it can be deleted when moto learns it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Final

PAYER: Final = "123456789012"
"""The account of every caller whose access key id is neither 12 digits nor a key that IAM handed out."""

_SERVICES: Final = ("identity", "organizations", "handshakes", "iam", "cloudformation", "simulator", "enforcement")


def install() -> None:
    """Mend moto in this process, for good. Calling it again changes nothing."""
    for module in (*_SERVICES, "in_turn"):
        import_module(f"{__name__}.{module}").install()


@contextmanager
def running() -> Iterator[None]:
    """An empty sandbox in this process; whatever boto3 calls inside goes there. It forgets all at the end."""
    from moto import mock_aws

    install()
    with mock_aws():
        yield
