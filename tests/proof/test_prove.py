"""The proof of the separation: what is deployed as it should be, and what every tampering really changes."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

import boto3
import pytest

from orgkit import bundled, procedure
from orgkit.aws.client import Facts
from orgkit.aws.principals import Simulator
from orgkit.errors import OrgkitError, UnexpectedAnswer
from orgkit.proof import prove
from orgkit.proof.capabilities import Persona, Place, Should, SignIn, capabilities
from orgkit.proof.prove import Found, Row
from orgkit.sandbox import PAYER
from orgkit.sandbox.simulator import simulation
from orgkit.settings import load
from orgkit.settings.rules import Service
from orgkit.step import State
from steps import in_order

ROOT = Path(__file__).parents[2]
CATALOGUE = json.loads((ROOT / "tests" / "data" / "iam-actions.json").read_text(encoding="utf-8"))
SCP = "SERVICE_CONTROL_POLICY"
ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"
ALL = capabilities()
BY_ID = {capability.id: capability for capability in ALL}

# One of each kind: enough to see what a tampering opens, and ten times faster than all of them.
TELLING = tuple(
    BY_ID[name]
    for name in (
        "read-bills",
        "read-bills-from-the-root",
        "use-services",
        "leave",
        "list-accounts",
        "create-ou",
        "change-institution-ou",
        "attach-scp-to-ou",
        "change-protected-scp",
        "attach-scp-at-the-root",
        "remove-account",
        "use-access-role",
        "accept-billing-transfer",
        "cancel-other-handshakes",
        "trusted-access",
        "widen-own-rights",
        "remove-own-boundary",
        "pass-role",
        "use-payer-role",
        "change-stack",
        "work-in-the-payer",
        "own-password",
        "read-bills-without-mfa",
    )
)

Wrong = dict[str, set[str]]


def wrong(rows: tuple[Row, ...]) -> Wrong:
    """The personas whose cell is not as it should be, by row."""
    return {
        row.capability.id: {persona.value for persona, cell in row.cells.items() if cell.wrong}
        for row in rows
        if any(cell.wrong for cell in row.cells.values())
    }


def found(rows: tuple[Row, ...], name: str, persona: Persona) -> Found:
    (row,) = (row for row in rows if row.capability.id == name)
    return row.cells[persona].found


# The data


def test_there_are_at_least_45_capabilities():
    assert len(ALL) >= 45


def test_every_capability_has_an_id_and_a_sentence_of_its_own():
    assert len({capability.id for capability in ALL}) == len(ALL)
    assert len({capability.may for capability in ALL}) == len(ALL)


def test_every_capability_has_a_value_for_every_persona_and_concerns_somebody():
    assert [c.id for c in ALL if list(c.should_be) != list(Persona)] == []
    assert [c.id for c in ALL if set(c.should_be.values()) == {Should.NOT_APPLICABLE}] == []


def test_every_row_says_how_one_signs_in_and_where_the_account_is():
    assert {c.sign_in for c in ALL} == set(get_args(SignIn))
    assert {c.place for c in ALL} == set(get_args(Place))


def test_every_action_exists():
    named = {action for capability in ALL for action in capability.actions}
    catalogue = {f"{prefix}:{action}" for prefix, actions in CATALOGUE.items() for action in actions}
    assert named - catalogue == set()


def test_every_action_of_organizations_is_in_some_row():
    named = {action for capability in ALL for action in capability.actions}
    assert {f"organizations:{action}" for action in CATALOGUE["organizations"]} - named == set()


def test_how_one_signs_in_concerns_only_users_of_the_payer():
    members = [(c.should_be[Persona.MEMBER_ADMIN], c.should_be[Persona.MEMBER_ROOT]) for c in ALL if c.sign_in != "mfa"]
    assert set(members) == {(Should.NOT_APPLICABLE, Should.NOT_APPLICABLE)}


def test_where_an_account_is_concerns_only_members():
    payers = [(c.should_be[Persona.BILLING_ADMIN], c.should_be[Persona.ORG_ADMIN]) for c in ALL if c.place != "ou"]
    assert set(payers) == {(Should.NOT_APPLICABLE, Should.NOT_APPLICABLE)}


# As bootstrap leaves it


def test_after_bootstrap_everything_is_as_it_should_be_and_was_only_read(aws, settings, bootstrapped, wire):
    rows = prove.prove(aws(), settings, ALL)
    assert wrong(rows) == {}
    assert [row.capability for row in rows] == list(ALL)
    assert [call for call in wire if not call.startswith(("Describe", "List", "Simulate"))] == []
    assert len([call for call in wire if call.startswith("Simulate")]) <= 30
    assert len(wire) <= 40


def test_an_action_is_asked_only_about_what_it_is_done_on(aws, settings, bootstrapped, monkeypatch):
    """AWS's simulator denies it otherwise, whatever the policies say."""
    asked: list[tuple[str, str]] = []
    ask = Simulator._ask

    def heard(self, operation, context, asks, **principal):
        asked.extend(asks)
        return ask(self, operation, context, asks, **principal)

    monkeypatch.setattr(Simulator, "_ask", heard)
    prove.prove(aws(), settings, ALL)
    assert len(asked) > 200
    assert {(action, arn) for action, arn in asked if arn != "*" and not simulation.fits(action, arn)} == set()


def test_a_cell_that_is_not_applicable_is_never_asked(aws, settings, bootstrapped, wire):
    capability = replace(BY_ID["leave"], should_be=dict.fromkeys(Persona, Should.NOT_APPLICABLE))
    (row,) = prove.prove(aws(), settings, [capability])
    assert {cell.found for cell in row.cells.values()} == {Found.NOT_APPLICABLE}
    assert [call for call in wire if call.startswith("Simulate")] == []


def test_a_call_is_allowed_only_if_it_is_on_each_resource(aws, settings, bootstrapped):
    both = BY_ID["attach-scp-to-ou"]
    own = replace(both, resources=("{own_scp}",))
    mixed = replace(both, resources=("{own_scp}", "{root}"))
    rows = prove.prove(aws(), settings, [both, own, mixed])
    admin = [row.cells[Persona.ORG_ADMIN].found for row in rows]
    assert admin == [Found.ALLOWED, Found.ALLOWED, Found.DENIED]


def test_a_row_of_which_only_some_actions_are_allowed_is_never_as_it_should_be(aws, settings, bootstrapped):
    some = replace(BY_ID["create-ou"], actions=("organizations:CreateOrganizationalUnit", "organizations:CloseAccount"))
    denied = replace(some, should_be={**some.should_be, Persona.ORG_ADMIN: Should.DENIED})
    cells = [row.cells[Persona.ORG_ADMIN] for row in prove.prove(aws(), settings, [some, denied])]
    assert [cell.found for cell in cells] == [Found.PARTLY, Found.PARTLY]
    assert [cell.wrong for cell in cells] == [
        ("organizations:CloseAccount",),
        ("organizations:CreateOrganizationalUnit",),
    ]


# Tampering: the proof follows the real effect, and status shows every one of them


class Tamper:
    """What a person can do by hand in the payer."""

    def __init__(self, session: boto3.Session) -> None:
        self.iam: Any = session.client("iam")
        self.organizations: Any = session.client("organizations")

    @property
    def root(self) -> str:
        return str(self.organizations.list_roots()["Roots"][0]["Id"])

    def scp(self, name: str) -> str:
        policies = self.organizations.list_policies(Filter=SCP)["Policies"]
        return next(str(policy["Id"]) for policy in policies if policy["Name"] == name)

    def detach(self, name: str) -> None:
        self.organizations.detach_policy(PolicyId=self.scp(name), TargetId=self.root)

    def make_administrator(self, user: str) -> None:
        self.iam.attach_user_policy(UserName=user, PolicyArn=ADMINISTRATOR)

    def detach_from_group(self, group: str, policy: str) -> None:
        self.iam.detach_group_policy(GroupName=group, PolicyArn=f"arn:aws:iam::{PAYER}:policy/{policy}")

    def remove_boundary(self, user: str) -> None:
        self.iam.delete_user_permissions_boundary(UserName=user)

    def join(self, user: str, group: str) -> None:
        self.iam.add_user_to_group(UserName=user, GroupName=group)

    @property
    def ou(self) -> str:
        return str(
            self.organizations.list_organizational_units_for_parent(ParentId=self.root)["OrganizationalUnits"][0]["Id"]
        )

    def attach_new(self, name: str, statement: dict[str, Any], target: str) -> str:
        document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        made = self.organizations.create_policy(Name=name, Description="", Content=document, Type=SCP)
        summary = made["Policy"]["PolicySummary"]
        self.organizations.attach_policy(PolicyId=summary["Id"], TargetId=target)
        return str(summary["Arn"])

    def hollow(self, name: str) -> None:
        """Rewrite an SCP so that it denies nothing that matters."""
        document = json.dumps({"Version": "2012-10-17", "Statement": [{**DENY_EC2, "Action": "sqs:AddPermission"}]})
        self.organizations.update_policy(PolicyId=self.scp(name), Content=document)

    def exempt_the_access_role(self) -> None:
        policy = self.scp("deny-billing")
        document = json.loads(self.organizations.describe_policy(PolicyId=policy)["Policy"]["Content"])
        role = "arn:aws:iam::*:role/OrganizationAccountAccessRole"
        document["Statement"][0]["Condition"] = {"ArnNotLike": {"aws:PrincipalArn": role}}
        self.organizations.update_policy(PolicyId=policy, Content=json.dumps(document))

    def disable_scps(self) -> None:
        self.organizations.disable_policy_type(RootId=self.root, PolicyType=SCP)

    def make_an_unbound_administrator(self, user: str) -> None:
        self.make_administrator(user)
        self.remove_boundary(user)


@pytest.fixture
def tamper(session, bootstrapped) -> Tamper:
    return Tamper(session)


MEMBERS = {"member_admin", "member_root"}
BILLING = {"read-bills": MEMBERS, "read-bills-from-the-root": MEMBERS}
LIMITS = {
    "change-institution-ou": {"org_admin"},
    "change-protected-scp": {"org_admin"},
}


@pytest.mark.parametrize(
    ("name", "what", "effect"),
    [
        ("a policy on the org admin", lambda t: t.make_administrator("OrgAdmin"), {}),
        ("a policy on the billing admin", lambda t: t.make_administrator("BillingAdmin"), {}),
        ("no boundary", lambda t: t.remove_boundary("OrgAdmin"), {}),
        ("a policy and no boundary", lambda t: t.make_an_unbound_administrator("OrgAdmin"), {}),
        # The partner's policy denies all roles: nothing opens, but the org admin loses its way into accounts.
        (
            "the org admin in the partner's group",
            lambda t: t.join("OrgAdmin", "BillingAdmins"),
            {"use-access-role": {"org_admin"}},
        ),
        ("a guard detached", lambda t: t.detach("deny-billing"), BILLING),
        ("the other guard detached", lambda t: t.detach("keep-membership"), {"leave": MEMBERS}),
        ("SCPs disabled", lambda t: t.disable_scps(), {**BILLING, "leave": MEMBERS}),
        ("FullAWSAccess detached", lambda t: t.detach("FullAWSAccess"), {"use-services": MEMBERS}),
        (
            "a role exempted",
            lambda t: t.exempt_the_access_role(),
            {"read-bills": {"member_admin"}, "read-bills-from-the-root": {"member_admin"}},
        ),
        ("no limits", lambda t: t.detach_from_group("OrgAdmins", "OrgAdminLimitsPolicy"), LIMITS),
        (
            "no MFA",
            lambda t: t.detach_from_group("BillingAdmins", "OrgAdminMfaPolicy"),
            {"read-bills-without-mfa": {"billing_admin"}},
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_tampering_shows_exactly_as_its_effect_is(aws, settings, tamper, name, what, effect):
    what(tamper)
    assert wrong(prove.prove(aws(), settings, TELLING)) == effect
    assert {step.state for step in in_order(aws(), settings)} != {State.IN_PLACE}


def test_two_tamperings_together_open_what_neither_does(aws, settings, tamper):
    tamper.make_an_unbound_administrator("BillingAdmin")
    opened = wrong(prove.prove(aws(), settings, TELLING))
    assert {"attach-scp-at-the-root", "widen-own-rights", "work-in-the-payer"} <= set(opened)
    assert set().union(*opened.values()) == {"billing_admin"}


def test_the_billing_admin_in_the_institutions_group_loses_its_billing(aws, settings, tamper):
    tamper.join("BillingAdmin", "OrgAdmins")
    rows = prove.prove(aws(), settings, TELLING)
    assert found(rows, "read-bills", Persona.BILLING_ADMIN) is Found.DENIED
    assert found(rows, "create-ou", Persona.BILLING_ADMIN) is Found.DENIED


# Settings


def with_settings(settings, more: str):
    text = settings.path.read_text(encoding="utf-8") + more
    return load(settings.path, text)


def test_without_mfa_in_the_settings_nothing_is_asked_of_it(aws, settings, wire):
    loose = with_settings(settings, "\niam:\n  require_mfa: false\n")
    list(procedure.bootstrap(aws(), loose))
    (row,) = prove.prove(aws(), loose, [BY_ID["read-bills-without-mfa"]])
    assert {cell.found for cell in row.cells.values()} == {Found.NOT_APPLICABLE}


def test_without_guards_nothing_is_separated(aws, settings):
    bare = with_settings(settings, "\nscps: []\n")
    list(procedure.bootstrap(aws(), bare))
    rows = prove.prove(aws(), bare, TELLING)
    assert wrong(rows) == {**BILLING, "leave": MEMBERS}
    assert found(rows, "change-protected-scp", Persona.ORG_ADMIN) is Found.NOT_APPLICABLE


def test_guards_at_the_ou_leave_accounts_at_the_root_open(aws, settings):
    inside = with_settings(settings, "\nscps:\n  - {document: deny-billing, attach: institution}\n")
    list(procedure.bootstrap(aws(), inside))
    rows = prove.prove(aws(), inside, TELLING)
    assert wrong(rows) == {"read-bills-from-the-root": MEMBERS, "leave": MEMBERS}


def test_what_is_open_may_be_closed_by_another_scp_of_the_settings(aws, settings):
    named = "\nscps:\n  - document: deny-billing\n  - document: keep-membership\n  - document: quarantine\n"
    closed = with_settings(settings, named)
    list(procedure.bootstrap(aws(), closed))
    rows = prove.prove(aws(), closed, [BY_ID["use-services"]])
    assert found(rows, "use-services", Persona.MEMBER_ROOT) is Found.DENIED
    assert wrong(rows) == {}


# Organizations that others have lived in

DENY_EC2 = {"Effect": "Deny", "Action": "ec2:*", "Resource": "*"}
OF_AWS = {  # what AWS attaches to organizations that its console made since July 2026
    "Sid": "DenyLeaveOrganizationAndCloseAccount",
    "Effect": "Deny",
    "Action": ["organizations:LeaveOrganization", "account:CloseAccount"],
    "Resource": "*",
}
ALLOW_LIST = {"Effect": "Allow", "Action": ["ec2:*", "s3:*", "organizations:*"], "Resource": "*"}


@pytest.mark.parametrize("statement", [OF_AWS, DENY_EC2], ids=["AWS's default", "another of the partner's"])
def test_an_adopted_organization_is_as_it_should_be(session, aws, settings, statement):
    adopted = Tamper(session)
    adopted.organizations.create_organization(FeatureSet="ALL")
    adopted.organizations.enable_policy_type(RootId=adopted.root, PolicyType=SCP)
    foreign = adopted.attach_new("theirs", statement, adopted.root)
    list(procedure.bootstrap(aws(), settings))
    rows = prove.prove(aws(), settings, ALL)
    assert wrong(rows) == {}
    (stack,) = session.client("cloudformation", region_name="us-east-1").describe_stacks()["Stacks"]
    assert any(foreign in parameter["ParameterValue"] for parameter in stack["Parameters"])


def test_an_allow_list_in_the_place_of_full_access_is_as_it_should_be(aws, settings, tamper):
    tamper.attach_new("allowed-services", ALLOW_LIST, tamper.root)
    list(procedure.bootstrap(aws(), settings))
    tamper.detach("FullAWSAccess")
    rows = prove.prove(aws(), settings, TELLING)
    assert wrong(rows) == {}
    assert found(rows, "use-services", Persona.MEMBER_ADMIN) is Found.PARTLY


def test_nothing_that_allows_anything_at_the_root_is_a_fault_beside_other_scps(aws, settings, tamper):
    tamper.attach_new("theirs", OF_AWS, tamper.root)
    tamper.detach("FullAWSAccess")
    assert "use-services" in wrong(prove.prove(aws(), settings, TELLING))


def test_the_institutions_copy_of_a_guard_hides_no_hole(aws, settings, tamper):
    statement = json.loads((bundled.SCP_EXAMPLES / "deny-billing.json").read_text(encoding="utf-8"))["Statement"][0]
    tamper.hollow("deny-billing")
    tamper.attach_new("copy", statement, tamper.ou)
    assert wrong(prove.prove(aws(), settings, TELLING)) == BILLING


def test_what_the_institution_denies_itself_is_no_fault(aws, settings, tamper):
    tamper.attach_new("no-servers", DENY_EC2, tamper.ou)
    assert wrong(prove.prove(aws(), settings, TELLING)) == {}


def test_an_scp_at_the_root_that_the_stack_does_not_protect_yet_is_a_fault(aws, settings, tamper):
    tamper.attach_new("theirs", OF_AWS, tamper.root)
    assert wrong(prove.prove(aws(), settings, TELLING)) == {"change-protected-scp": {"org_admin"}}
    list(procedure.bootstrap(aws(), settings))
    assert wrong(prove.prove(aws(), settings, TELLING)) == {}


# What to do about it


def test_the_remedy_restores_what_was_changed(aws, settings, tamper):
    tamper.detach("deny-billing")
    remedy = prove.remedy(settings, prove.prove(aws(), settings, TELLING))
    assert remedy == "`orgkit status` shows what differs from the settings, and `orgkit bootstrap` restores it."
    list(procedure.bootstrap(aws(), settings))
    assert prove.remedy(settings, prove.prove(aws(), settings, TELLING)) == ""


def test_the_remedy_names_a_guard_that_the_settings_lack(aws, settings):
    bare = with_settings(settings, "\nscps:\n  - document: keep-membership\n")
    list(procedure.bootstrap(aws(), bare))
    remedy = prove.remedy(bare, prove.prove(aws(), bare, TELLING))
    assert remedy.startswith(f"Name deny-billing under scps in {settings.path.name}, with attach: root. ")
    guarded = with_settings(settings, "\nscps:\n  - document: keep-membership\n  - document: deny-billing\n")
    list(procedure.bootstrap(aws(), guarded))
    assert prove.remedy(guarded, prove.prove(aws(), guarded, TELLING)) == ""


# Before there is anything to prove


@pytest.mark.parametrize(
    ("steps", "absent"),
    [(0, "There is no organization yet."), (1, "There is no OU"), (7, "There is no user")],
)
def test_before_bootstrap_it_says_what_is_missing(aws, settings, steps, absent):
    walk = procedure.bootstrap(aws(), settings)
    for _ in range(steps):
        next(walk)
    with pytest.raises(OrgkitError, match=absent) as caught:
        prove.prove(aws(), settings, TELLING)
    assert caught.value.remedy == "Run `orgkit bootstrap` first."


# The simulator


class Canned:
    """Answers of the simulator in shapes that AWS is known to use and the pretend AWS does not."""

    def __init__(self, *results: dict[str, Any]) -> None:
        self._results = results
        self.asked: list[tuple[list[str], list[str]]] = []

    def __call__(self, *_: str, **asked: Any) -> dict[str, Any]:
        self.asked.append((asked["ActionNames"], asked["ResourceArns"]))
        return {"EvaluationResults": self._results}


def answer(action: str, resource: str, decision: str) -> dict[str, Any]:
    return {"EvalActionName": action, "EvalResourceName": resource, "EvalDecision": decision}


USER = f"arn:aws:iam::{PAYER}:user/OrgAdmin"


def test_each_resource_may_have_a_result_of_its_own():
    calls = Canned(answer("a:B", "arn:1", "allowed"), answer("a:B", "arn:2", "implicitDeny"))
    may = Simulator(calls, Facts()).principal(USER, {}, [("a:B", "arn:1"), ("a:B", "arn:2")])
    assert may == {("a:B", "arn:1"): True, ("a:B", "arn:2"): False}


def test_the_result_of_a_single_resource_may_name_it_by_its_format():
    calls = Canned(answer("a:B", "arn:aws:a:::b/${Name}", "explicitDeny"))
    assert Simulator(calls, Facts()).principal(USER, {}, [("a:B", "arn:1")]) == {("a:B", "arn:1"): False}


def test_an_action_that_aws_does_not_answer_is_not_taken_for_denied():
    with pytest.raises(UnexpectedAnswer, match="no answer for a:C on arn:1"):
        Simulator(Canned(answer("a:B", "arn:1", "allowed")), Facts()).principal(
            USER, {}, [("a:B", "arn:1"), ("a:C", "arn:1")]
        )


def test_what_is_asked_is_split_into_calls_that_aws_takes():
    asks = [(f"a:{action}", f"arn:{resource}") for action in range(120) for resource in range(25)] + [("a:0", "*")]
    calls = Canned(*(answer(action, resource, "allowed") for action, resource in asks))
    with pytest.raises(UnexpectedAnswer):
        Simulator(calls, Facts()).principal(USER, {}, [*asks, ("a:none", "*")])
    assert [(len(actions), len(resources)) for actions, resources in calls.asked] == [
        (2, 1),
        (100, 20),
        (20, 20),
        (100, 5),
        (20, 5),
    ]


def test_what_aws_refuses_together_is_asked_apart(aws):
    """AWS mixes actions that it does not know with no others where there are several resources."""
    asks = [(f"s3:{action}", f"arn:aws:s3:::{name}") for action in ("GetObject", "Made", "PutObject") for name in "ab"]
    assert aws().simulator.administrator(None, {}, asks) == dict.fromkeys(asks, True)


# Roles: the admins' without users, and who watches


@pytest.fixture
def with_roles(aws, settings):
    roles = {
        "org_admin_from": f"arn:aws:iam::{PAYER}:saml-provider/Example",
        "billing_admin_from": "arn:aws:iam::999988887777:role/Billing",
        "watcher": "arn:aws:iam::999988887777:role/orgkit-watch",
    }
    settings = replace(settings, iam=replace(settings.iam, **roles))
    tuple(procedure.bootstrap(aws(), settings))
    return settings


def test_an_admins_role_may_what_its_user_may_and_who_watches_only_reads(aws, with_roles):
    rows = prove.prove(aws(), with_roles, ALL)
    assert wrong(rows) == {}
    watching = {row.capability.id for row in rows if row.cells[Persona.WATCHER].found is Found.ALLOWED}
    assert watching == {
        "account-settings",
        "know-the-organization",
        "list-accounts",
        "read-billing-transfers",
        "read-policies",
        "read-settings",
        "read-the-payers-iam",
        "read-the-stack",
        "simulate-the-payers-users",
    }


def test_the_notes_tell_of_roles_and_of_the_services_that_the_institution_has(settings, with_roles):
    always = prove.notes(settings)
    assert len(always) == 5
    (mfa,) = set(prove.notes(with_roles)) - set(always)
    assert mfa.startswith("No session of a role shows MFA")
    services = (Service("config.amazonaws.com"), Service("access-analyzer.amazonaws.com", "111122223333"))
    *others, given, administrators = prove.notes(replace(settings, services=services))
    assert tuple(others) == always
    assert "config.amazonaws.com, access-analyzer.amazonaws.com." in given
    assert "(111122223333) read the whole tree" in administrators


def test_without_a_watcher_nobody_is_judged_as_one(aws, settings, bootstrapped):
    (row,) = prove.prove(aws(), settings, [BY_ID["read-bills"]])
    assert Persona.WATCHER not in row.cells


def test_what_is_done_to_a_role_alone_shows(aws, with_roles, iam):
    iam.delete_role_permissions_boundary(RoleName="OrgAdmin")
    for policy in iam.list_attached_role_policies(RoleName="OrgAdmin")["AttachedPolicies"]:
        iam.detach_role_policy(RoleName="OrgAdmin", PolicyArn=policy["PolicyArn"])
    iam.attach_role_policy(RoleName="OrgAdmin", PolicyArn=ADMINISTRATOR)
    iam.attach_role_policy(RoleName="OrgkitWatcher", PolicyArn="arn:aws:iam::aws:policy/AWSBillingReadOnlyAccess")
    (row,) = prove.prove(aws(), with_roles, [BY_ID["read-bills"]])
    assert wrong((row,)) == {"read-bills": {"org_admin", "watcher"}}
    assert row.cells[Persona.ORG_ADMIN].found is Found.PARTLY
    assert all(action.endswith(" (by the role)") for action in row.cells[Persona.ORG_ADMIN].wrong)


def test_a_role_that_is_not_there_yet_is_named(aws, with_roles, iam):
    for policy in iam.list_attached_role_policies(RoleName="OrgkitWatcher")["AttachedPolicies"]:
        iam.detach_role_policy(RoleName="OrgkitWatcher", PolicyArn=policy["PolicyArn"])
    iam.delete_role(RoleName="OrgkitWatcher")
    with pytest.raises(OrgkitError, match=r"There is no role .*:role/OrgkitWatcher yet"):
        prove.prove(aws(), with_roles, [BY_ID["read-bills"]])
