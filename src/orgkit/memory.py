"""What the IAM stack remembers: its parameters name the OU and the SCPs by id, whatever they are called now.

orgkit keeps no state file. Things are known by name; so that one renamed by hand is named back rather than
made anew, the id under which the stack knows it is looked up here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from orgkit.aws import Aws
from orgkit.aws.organizations import Ou
from orgkit.aws.stack import Stack
from orgkit.settings import Settings

_DESCRIPTION: Final = "orgkit: "  # how cloudformation/iam.yaml describes itself


def is_ours(stack: Stack) -> bool:
    """Whether orgkit's template made this stack."""
    return stack.description.startswith(_DESCRIPTION)


def institution_ou(aws: Aws, settings: Settings) -> Ou | None:
    """The institution's OU: by its name, or the one that the stack knows and that somebody renamed."""
    return aws.organizations.ou_named(settings.institution) or _renamed_ou(aws, settings)


def protected_policies(aws: Aws, settings: Settings) -> frozenset[str]:
    """ARNs of the SCPs that the stack keeps the institution from touching."""
    return frozenset(_parameters(aws, settings).get("ProtectedPolicyArns", "").split(",")) - {""}


def _renamed_ou(aws: Aws, settings: Settings) -> Ou | None:
    root = aws.organizations.root()
    known = _parameters(aws, settings).get("InstitutionOuId")
    if root is None or known is None:
        return None
    return next((ou for ou in aws.organizations.ous(root.id) if ou.id == known), None)


def _parameters(aws: Aws, settings: Settings) -> Mapping[str, str]:
    stack = aws.cloudformation.find(settings.iam.stack)
    return stack.parameters if stack and is_ours(stack) else {}
