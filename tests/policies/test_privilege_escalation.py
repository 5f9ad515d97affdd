"""Nobody climbs: every known way to more rights is cut at one of its steps, for both admins."""

from __future__ import annotations

import pytest

from orgkit.sandbox.language.evaluator import Effect
from policies import template
from policies.personas import EVERYTHING, actions, billing_admin, data, org_admin, some_actions

METHODS = data("privilege-escalation")["methods"]
BY_NAME = {method["name"]: method["steps"] for method in METHODS}
# The worst case: whatever account a role is in, it counts as one of the institution's.
INSIDE = f"{template.ORGANIZATION}/{template.ROOT}/{template.INSTITUTION}/"
PERSONAS = {
    "org admin": org_admin(),
    "org admin, no MFA": org_admin(RequireMfa="false"),
    "org admin, administrator too": org_admin().given(EVERYTHING),
    "org admin, in the partner's group too": org_admin().given(*billing_admin().identity),
    "org admin, no boundary": org_admin().without_boundary().given(EVERYTHING),
    "billing admin": billing_admin(),
    "billing admin, no MFA": billing_admin(RequireMfa="false"),
    "billing admin, administrator too": billing_admin().given(EVERYTHING),
    "billing admin, in the institution's group too": billing_admin().given(*org_admin().identity),
}


def works(persona, steps):
    return all(persona.may(action, resource, aws__ResourceOrgPaths=INSIDE) for action, resource in steps)


def test_there_are_enough_of_them():
    alone = [steps for steps in BY_NAME.values() if len(steps) == 1]
    assert len(BY_NAME) == len(METHODS)
    assert len(alone) >= 30
    assert len(METHODS) - len(alone) >= 30


def test_every_step_is_an_action_of_aws():
    known = set(actions())
    assert not {action for steps in BY_NAME.values() for action, _ in steps if action not in known}


@pytest.mark.parametrize("steps", BY_NAME.values(), ids=BY_NAME)
def test_it_is_cut(steps):
    assert not [name for name, persona in PERSONAS.items() if works(persona, steps)]


def test_without_the_policies_they_would_work():
    """The ways are real: an administrator can go every one of them that does not need a boundary or a group."""
    administrator = billing_admin().without_boundary().in_no_group().given(EVERYTHING)
    assert all(works(administrator, steps) for steps in BY_NAME.values())


@pytest.mark.parametrize("persona", [org_admin(), billing_admin()], ids=["org admin", "billing admin"])
def test_a_role_that_trusts_the_user_by_name_is_refused(persona):
    """Such a trust needs no Allow in the user's own account: only a Deny stops it."""
    role = f"arn:aws:iam::{template.PAYER}:role/TrustsTheUser"
    for action in ("sts:AssumeRole", "iam:PassRole"):
        assert persona.effect(action, role, aws__ResourceOrgPaths=INSIDE) is Effect.EXPLICIT_DENY


@pytest.mark.parametrize("persona", [org_admin(), billing_admin()], ids=["org admin", "billing admin"])
def test_iam_is_closed_but_for_oneself(persona):
    others = f"arn:aws:iam::{template.PAYER}:user/Someone"
    opened = {action for action in actions("iam") if persona.may(action, others)}
    assert opened <= {
        "iam:GenerateOrganizationsAccessReport",
        "iam:GetAccountPasswordPolicy",
        "iam:GetOrganizationsAccessReport",
        "iam:ListVirtualMFADevices",
        "iam:SimulateCustomPolicy",
    }


def test_the_institution_has_these_services_in_the_payer_and_no_other():
    administrator = org_admin().without_boundary().given(EVERYTHING)
    opened = {action.partition(":")[0] for action in some_actions() if administrator.may(action)}
    assert opened == {"iam", "organizations", "signin", "sts"}
