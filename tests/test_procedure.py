"""The procedure: the laws it keeps, then each step missing, applied, in place; drifted, mended; blocked."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from orgkit import procedure
from orgkit.aws.drift import OrganizationDrift, parameters_of
from orgkit.aws.organizations import Organizations
from orgkit.errors import AwsError, Blocked, OrgkitError
from orgkit.report import text
from orgkit.sandbox import PAYER
from orgkit.sandbox import organizations as pretend
from orgkit.step import State
from steps import in_order

SCP = "SERVICE_CONTROL_POLICY"


def looked(aws, settings):
    return tuple(in_order(aws(), settings))


def states(steps) -> set[State]:
    return {step.state for step in steps}


def step(steps, thing: str):
    (found,) = [step for step in steps if step.thing == thing]
    return found


def not_in_place(steps) -> list[str]:
    return [step.thing for step in steps if step.state is not State.IN_PLACE]


def mended(aws, settings) -> tuple:
    """Bootstrap, and what status says then."""
    tuple(procedure.bootstrap(aws(), settings))
    return looked(aws, settings)


# Law 1


def test_on_an_empty_account_every_step_is_missing_or_follows(aws, settings):
    steps = looked(aws, settings)
    assert states(steps) == {State.MISSING, State.TO_FOLLOW}
    follow = [step.thing for step in steps if step.state is State.TO_FOLLOW]
    assert follow == ["IAM users and groups", "accounts in the OU", "FullAWSAccess"]


def test_what_is_counted_as_missing_is_what_bootstrap_makes(aws, settings):
    """No more and no less than the steps that have something to do when their turn comes."""
    planned = {step.thing for step in looked(aws, settings) if step.state is State.MISSING}
    done = {found.thing for found in in_order(aws(), settings) if found.to_do and found.applied()}
    assert planned == done


def test_after_bootstrap_every_step_is_in_place(aws, settings, bootstrapped):
    assert states(bootstrapped) == {State.IN_PLACE}
    assert not_in_place(looked(aws, settings)) == []


READS = ("Describe", "Get", "List", "Detect", "Simulate")


def test_a_second_bootstrap_only_reads(aws, settings, bootstrapped, wire):
    again = tuple(procedure.bootstrap(aws(), settings))
    assert states(again) == {State.IN_PLACE}
    assert [call for call in wire if not call.startswith(READS)] == []
    assert wire


# Law 2


def test_looking_at_an_empty_account_only_reads(aws, settings, wire):
    looked(aws, settings)
    assert [call for call in wire if not call.startswith(READS)] == []
    assert wire


def test_looking_at_drift_only_reads(aws, settings, bootstrapped, organizations, wire):
    root = organizations.list_roots()["Roots"][0]["Id"]
    guard = organizations.list_policies_for_target(TargetId=root, Filter=SCP)["Policies"]
    guard = next(policy["Id"] for policy in guard if policy["Name"] == "deny-billing")
    organizations.detach_policy(PolicyId=guard, TargetId=root)
    wire.clear()
    assert not_in_place(looked(aws, settings)) == ["SCP deny-billing at the root"]
    assert [call for call in wire if not call.startswith(READS)] == []


# The organization


def test_an_organization_with_all_features_is_adopted(aws, settings, organizations):
    made = organizations.create_organization(FeatureSet="ALL")["Organization"]["Id"]
    assert step(looked(aws, settings), "organization").detail == made
    assert not_in_place(mended(aws, settings)) == []
    assert organizations.describe_organization()["Organization"]["Id"] == made


def test_consolidated_billing_is_blocked_and_left_alone(aws, settings, organizations):
    organizations.create_organization(FeatureSet="CONSOLIDATED_BILLING")
    with pytest.raises(Blocked, match="consolidated billing only") as stopped:
        tuple(procedure.bootstrap(aws(), settings))
    assert "never converts" in stopped.value.remedy
    assert organizations.describe_organization()["Organization"]["FeatureSet"] == "CONSOLIDATED_BILLING"


# The institution's OU


def test_an_ou_of_that_name_is_adopted(aws, settings, organizations):
    organizations.create_organization(FeatureSet="ALL")
    root = organizations.list_roots()["Roots"][0]["Id"]
    made = organizations.create_organizational_unit(ParentId=root, Name="Example University")["OrganizationalUnit"]
    assert step(mended(aws, settings), "institution OU Example University").detail == made["Id"]


def test_an_ou_of_that_name_deeper_down_is_another(aws, settings, organizations):
    organizations.create_organization(FeatureSet="ALL")
    root = organizations.list_roots()["Roots"][0]["Id"]
    other = organizations.create_organizational_unit(ParentId=root, Name="Other")["OrganizationalUnit"]["Id"]
    deep = organizations.create_organizational_unit(ParentId=other, Name="Example University")["OrganizationalUnit"]
    assert step(mended(aws, settings), "institution OU Example University").detail != deep["Id"]


def test_the_21st_ou_is_found(aws, settings, organizations):
    organizations.create_organization(FeatureSet="ALL")
    root = organizations.list_roots()["Roots"][0]["Id"]
    for number in range(20):
        organizations.create_organizational_unit(ParentId=root, Name=f"Other {number}")
    made = organizations.create_organizational_unit(ParentId=root, Name="Example University")["OrganizationalUnit"]
    assert step(looked(aws, settings), "institution OU Example University").detail == made["Id"]


def test_a_renamed_ou_is_named_back(aws, settings, bootstrapped, organizations):
    ou = step(bootstrapped, "institution OU Example University").detail
    organizations.update_organizational_unit(OrganizationalUnitId=ou, Name="Somebody's")
    found = step(looked(aws, settings), "institution OU Example University")
    assert (found.state, found.detail) == (State.DRIFTED, f"{ou} is named Somebody's")
    assert step(mended(aws, settings), "institution OU Example University").detail == ou


# SCPs


@pytest.mark.parametrize("from_the_start", [True, False])
def test_scps_are_enabled_whatever_aws_begins_with(aws, settings, organizations, from_the_start):
    pretend.scp_type_enabled_from_the_start(from_the_start)
    assert not_in_place(mended(aws, settings)) == []


def test_a_pending_policy_type_is_waited_for(aws, settings, organizations):
    pretend.policy_type_pending_reads(4)
    assert not_in_place(mended(aws, settings)) == []


def test_scps_are_sent_minified_and_as_written(aws, settings, bootstrapped, organizations):
    for scp in settings.scps:
        policy = organizations.describe_policy(PolicyId=step(bootstrapped, f"SCP {scp.name}").detail)["Policy"]
        assert policy["Content"] == json.dumps(json.loads(policy["Content"]), separators=(",", ":"))
        assert policy["PolicySummary"]["Description"] == scp.description


def test_the_same_content_in_other_words_is_no_drift(aws, settings, bootstrapped, organizations):
    scp = settings.scps[0]
    spaced = json.dumps(json.loads(scp.content), indent=1, sort_keys=True)
    organizations.update_policy(PolicyId=step(bootstrapped, f"SCP {scp.name}").detail, Content=spaced)
    assert not_in_place(looked(aws, settings)) == []


DENY_ALL = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "*", "Resource": "*"}]})
ALLOW_ALL = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]})


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"Content": ALLOW_ALL}, "content is not that of scp-examples/deny-billing.json"),
        ({"Description": "ours now"}, "description is 'ours now', should be"),
        ({"Name": "open-billing"}, "name is 'open-billing', should be 'deny-billing'"),
    ],
)
def test_an_edited_scp_is_put_back(aws, settings, bootstrapped, organizations, change, says):
    policy = step(bootstrapped, "SCP deny-billing").detail
    organizations.update_policy(PolicyId=policy, **change)
    found = step(looked(aws, settings), "SCP deny-billing")
    assert found.state is State.DRIFTED
    assert says in found.differences[0]
    assert step(mended(aws, settings), "SCP deny-billing").detail == policy


def test_what_an_overwritten_document_loses_is_shown_line_by_line(aws, settings, bootstrapped, organizations):
    policy = step(bootstrapped, "SCP deny-billing").detail
    organizations.update_policy(PolicyId=policy, Content=ALLOW_ALL)
    _, *lines = step(looked(aws, settings), "SCP deny-billing").differences
    assert '-   "Effect": "Allow",' in lines
    assert '+   "Effect": "Deny",' in lines
    assert lines[-1].endswith("more lines")


TAGGED = (("CostCentre", "4711"),)


def test_an_ou_that_somebody_has_just_made_is_tagged(aws, settings, organizations):
    organizations.create_organization(FeatureSet="ALL")
    tagged = replace(settings, tags=TAGGED)
    missing = procedure.institution_ou(aws(), tagged)
    root = organizations.list_roots()["Roots"][0]["Id"]
    organizations.create_organizational_unit(ParentId=root, Name=settings.institution)
    missing.applied()
    assert procedure.institution_ou(aws(), tagged).state is State.IN_PLACE


def test_an_scp_that_somebody_has_just_made_otherwise_is_put_right(aws, settings, bootstrapped, organizations):
    policy = step(bootstrapped, "SCP deny-billing").detail
    organizations.detach_policy(PolicyId=policy, TargetId=organizations.list_roots()["Roots"][0]["Id"])
    organizations.delete_policy(PolicyId=policy)
    tagged, (scp, *_) = replace(settings, tags=TAGGED), settings.scps
    missing = procedure.scp_as_written(aws(), tagged, scp)
    organizations.create_policy(Name=scp.name, Description=scp.description, Content=ALLOW_ALL, Type=SCP)
    missing.applied()
    assert procedure.scp_as_written(aws(), tagged, scp).state is State.IN_PLACE


def test_a_deleted_scp_is_made_again_and_the_stack_protects_the_new_one(aws, settings, bootstrapped, organizations):
    policy = step(bootstrapped, "SCP deny-billing").detail
    root = organizations.list_roots()["Roots"][0]["Id"]
    organizations.detach_policy(PolicyId=policy, TargetId=root)
    organizations.delete_policy(PolicyId=policy)
    assert not_in_place(looked(aws, settings)) == [
        "SCP deny-billing",
        "SCP deny-billing at the root",
        "IAM stack orgkit-iam",
    ]
    assert not_in_place(mended(aws, settings)) == []


def test_the_21st_scp_is_found(aws, settings, organizations):
    organizations.create_organization(FeatureSet="ALL")
    for number in range(20):
        organizations.create_policy(Name=f"p{number}", Description="", Content=ALLOW_ALL, Type=SCP)
    scp = settings.scps[0]
    made = organizations.create_policy(Name=scp.name, Description=scp.description, Content=scp.content, Type=SCP)
    assert step(looked(aws, settings), f"SCP {scp.name}").detail == made["Policy"]["PolicySummary"]["Id"]


def test_full_access_gone_from_the_root_is_said_and_not_touched(aws, settings, bootstrapped, organizations):
    root = organizations.list_roots()["Roots"][0]["Id"]
    organizations.detach_policy(PolicyId="p-FullAWSAccess", TargetId=root)
    with pytest.raises(Blocked, match="FullAWSAccess: not attached to the root"):
        tuple(procedure.bootstrap(aws(), settings))
    attached = organizations.list_policies_for_target(TargetId=root, Filter=SCP)["Policies"]
    assert "p-FullAWSAccess" not in {policy["Id"] for policy in attached}


# Accounts


def test_an_account_at_the_root_is_drift_and_moved(aws, settings, bootstrapped, organizations):
    made = organizations.create_account(AccountName="Physics", Email="physics@example.edu")
    account = made["CreateAccountStatus"]["AccountId"]
    found = step(looked(aws, settings), "accounts in the OU")
    assert (found.state, found.detail) == (State.DRIFTED, "1 at the root, outside Example University")
    assert found.differences == [f"{account} Physics is at the root"]
    assert not_in_place(mended(aws, settings)) == []
    ou = step(bootstrapped, "institution OU Example University").detail
    assert organizations.list_parents(ChildId=account)["Parents"][0]["Id"] == ou


def test_the_payer_stays_at_the_root(aws, settings, bootstrapped, organizations):
    root = organizations.list_roots()["Roots"][0]["Id"]
    assert organizations.list_parents(ChildId=PAYER)["Parents"][0]["Id"] == root


# Console access


def test_each_admin_gets_a_password_in_a_file_of_its_own(aws, settings, bootstrapped, session):
    iam = session.client("iam")
    for user in ("BillingAdmin", "OrgAdmin"):
        file = Path(f"{user}_credentials.csv")
        assert file.stat().st_mode & 0o777 == 0o600
        header, row = file.read_text(encoding="utf-8").splitlines()
        assert header == "User name,Password,Console sign-in URL"
        assert row.startswith(f"{user},")
        assert row.endswith(f",https://{PAYER}.signin.aws.amazon.com/console")
        assert iam.get_login_profile(UserName=user)["LoginProfile"]["PasswordResetRequired"] is True


def test_a_user_with_a_password_is_left_alone(aws, settings, bootstrapped):
    file = Path("OrgAdmin_credentials.csv")
    before = file.read_text(encoding="utf-8")
    tuple(procedure.bootstrap(aws(), settings))
    assert file.read_text(encoding="utf-8") == before


def test_a_deleted_login_profile_is_made_anew(aws, settings, bootstrapped, session):
    Path("OrgAdmin_credentials.csv").unlink()
    session.client("iam").delete_login_profile(UserName="OrgAdmin")
    assert not_in_place(looked(aws, settings)) == ["console access of OrgAdmin"]
    assert not_in_place(mended(aws, settings)) == []


# The walk


def test_a_walk_reads_nothing_twice(aws, settings, bootstrapped, wire):
    looked(aws, settings)
    polls = {"DescribeStackDriftDetectionStatus", "DescribePolicy", "ListPoliciesForTarget"}  # of the root, of the OU
    repeated = {call for call in wire if wire.count(call) > 1} - polls
    assert repeated <= {"GetLoginProfile"}  # one a user


def test_of_an_organization_that_it_has_just_made_bootstrap_reads_nothing_that_it_knows(aws, settings, wire):
    """Nobody can have been invited to it, be at its root, or have attached anything there."""
    tuple(procedure.bootstrap(aws(), settings))
    asked = {"DescribeOrganization", "ListRoots", "DescribeStacks", "DescribeStackEvents", "GetAccountSummary"}
    assert {call for call in wire if call.startswith(READS)} == asked
    assert (wire.count("DescribeOrganization"), wire.count("GetAccountSummary")) == (1, 1)


def test_what_aws_has_attached_to_a_new_organization_is_protected(aws, settings, organizations, monkeypatch):
    """To one whose SCPs are on from the start: the console's have AWS's own default at the root."""
    pretend.scp_type_enabled_from_the_start(True)
    create, made = Organizations.create_organization, []

    def with_a_default(self):
        organization = create(self)
        made.append(organizations.create_policy(Name="theirs", Description="", Content=DENY_ALL, Type=SCP)["Policy"])
        root = organizations.list_roots()["Roots"][0]["Id"]
        organizations.attach_policy(PolicyId=made[0]["PolicySummary"]["Id"], TargetId=root)
        return organization

    monkeypatch.setattr(Organizations, "create_organization", with_a_default)
    steps = tuple(procedure.bootstrap(aws(), settings))
    assert not_in_place(steps) == []
    stack = aws().cloudformation.find(settings.iam.stack)
    assert made[0]["PolicySummary"]["Arn"] in parameters_of(stack)["ProtectedPolicyArns"]


def test_the_summary_counts_every_state(aws, settings, bootstrapped):
    assert text.summary(step.state for step in bootstrapped) == f"{len(bootstrapped)} in place."


def test_of_two_scps_that_say_the_same_one_does_not_take_the_place_of_the_other(aws, settings, organizations):
    guard = settings.scps[0]
    twins = replace(settings, scps=(guard, replace(guard, name="twin")))
    tuple(procedure.bootstrap(aws(), twins))
    ids = {policy["Name"]: policy["Id"] for policy in organizations.list_policies(Filter=SCP)["Policies"]}
    root = organizations.list_roots()["Roots"][0]["Id"]
    organizations.detach_policy(PolicyId=ids[guard.name], TargetId=root)
    organizations.delete_policy(PolicyId=ids[guard.name])
    assert not_in_place(mended(aws, twins)) == []
    after = {policy["Name"]: policy["Id"] for policy in organizations.list_policies(Filter=SCP)["Policies"]}
    assert after.keys() == ids.keys()
    assert after["twin"] == ids["twin"]


def test_an_scp_that_says_the_same_and_that_the_stack_does_not_protect_is_not_adopted(
    aws, settings, bootstrapped, organizations
):
    ids = {policy["Name"]: policy["Id"] for policy in organizations.list_policies(Filter=SCP)["Policies"]}
    root = organizations.list_roots()["Roots"][0]["Id"]
    other = organizations.create_organizational_unit(ParentId=root, Name="Other")["OrganizationalUnit"]["Id"]
    content = organizations.describe_policy(PolicyId=ids["deny-billing"])["Policy"]["Content"]
    made = organizations.create_policy(Name="a-copy", Description="Theirs", Type=SCP, Content=content)
    copy = made["Policy"]["PolicySummary"]
    organizations.attach_policy(PolicyId=copy["Id"], TargetId=other)
    organizations.detach_policy(PolicyId=ids["deny-billing"], TargetId=root)
    organizations.delete_policy(PolicyId=ids["deny-billing"])
    assert not_in_place(mended(aws, settings)) == []
    after = organizations.describe_policy(PolicyId=copy["Id"])["Policy"]["PolicySummary"]
    assert after == copy
    targets = organizations.list_targets_for_policy(PolicyId=copy["Id"])["Targets"]
    assert [target["TargetId"] for target in targets] == [other]


# Many accounts, and those that cannot be moved


def test_moving_many_accounts_says_how_many_it_has_moved(aws, settings, bootstrapped, organizations, told, monkeypatch):
    for name in ("physics", "history", "law"):
        organizations.create_account(AccountName=name, Email=f"{name}@example.edu")
    monkeypatch.setattr("orgkit.aws.drift._TOLD_AFTER", 2)
    told.clear()
    tuple(procedure.bootstrap(aws(), settings))
    assert told == ["    moved 2 of 3 accounts"]


def test_an_account_that_cannot_be_moved_does_not_stop_the_others(
    aws, settings, bootstrapped, organizations, monkeypatch
):
    made = [
        organizations.create_account(AccountName=name, Email=f"{name}@example.edu")["CreateAccountStatus"]["AccountId"]
        for name in ("physics", "history", "law")
    ]
    move = OrganizationDrift.move_account

    def refuses_one(self, account, ou):
        if account == made[0]:
            return AwsError("MoveAccount", "AccountNotFoundException", f"There is no {account}.")
        return move(self, account, ou)

    monkeypatch.setattr(OrganizationDrift, "move_account", refuses_one)
    with pytest.raises(OrgkitError, match="1 of 3 accounts were not moved") as stopped:
        tuple(procedure.bootstrap(aws(), settings))
    assert made[0] in stopped.value.message
    ou = step(bootstrapped, "institution OU Example University").detail
    assert {each["Id"] for each in organizations.list_accounts_for_parent(ParentId=ou)["Accounts"]} == set(made[1:])
