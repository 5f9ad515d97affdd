"""The only room that calls AWS: one class per service. `Aws` holds them together."""

from __future__ import annotations

from dataclasses import dataclass

from orgkit.aws.client import Calls
from orgkit.aws.cloudformation import CloudFormation
from orgkit.aws.delegation import Delegation
from orgkit.aws.facts import Facts
from orgkit.aws.iam import Iam
from orgkit.aws.organizations import Handshakes, Organizations
from orgkit.aws.scps import Scps
from orgkit.aws.sign_in import Caller, home_region, sign_in
from orgkit.aws.simulator import Simulator

__all__ = ["Aws", "Caller", "connect", "sign_in"]


@dataclass(frozen=True)
class Aws:
    """AWS as one caller sees it in one run."""

    caller: Caller
    calls: Calls
    facts: Facts
    organizations: Organizations
    handshakes: Handshakes
    scps: Scps
    delegation: Delegation
    cloudformation: CloudFormation
    iam: Iam
    simulator: Simulator


def connect(calls: Calls, caller: Caller, stack_region: str | None = None) -> Aws:
    """AWS through these calls, with nothing known yet. The stack's region is the partition's home if not given."""
    facts = Facts()
    return Aws(
        caller=caller,
        calls=calls,
        facts=facts,
        organizations=Organizations(calls, facts),
        handshakes=Handshakes(calls, facts),
        scps=Scps(calls, facts),
        delegation=Delegation(calls, facts),
        cloudformation=CloudFormation(calls, facts, stack_region or home_region(caller.partition)),
        iam=Iam(calls, facts),
        simulator=Simulator(calls, facts),
    )
