"""The steps of a payer, each looked at when it is reached, as a bootstrap does: what was changed before it shows."""

from collections.abc import Iterator

from orgkit import procedure
from orgkit.aws import Aws
from orgkit.settings import Settings
from orgkit.step import Step


def in_order(aws: Aws, settings: Settings) -> Iterator[Step]:
    return (read() for read in procedure.reads(aws, settings))
