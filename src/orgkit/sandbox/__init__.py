"""A sandbox instead of AWS on this machine: moto, plus what AWS does and moto does not.

Nothing here is needed to work on a real account. One room per AWS service; each difference from moto is named
where it is made good, with the AWS fact it restores, so that it can be deleted when moto learns it. `hooks` puts
the rooms in moto's place.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

PAYER: Final = "123456789012"
"""The account of every caller whose access key id is neither 12 digits nor a key that IAM handed out."""


def install() -> None:
    """Put the sandbox in moto's place in this process, for good. Calling it again changes nothing."""
    from orgkit.sandbox import hooks

    hooks.install()


@contextmanager
def running() -> Iterator[None]:
    """An empty sandbox in this process; whatever boto3 calls inside goes there. It forgets all at the end."""
    from moto import mock_aws

    install()
    with mock_aws():
        yield
