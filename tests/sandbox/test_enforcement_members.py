"""Enforcement in member accounts, of roles, and over the wire."""

from __future__ import annotations

import json
from threading import Thread
from typing import Any

import pytest
from botocore.exceptions import ClientError
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from werkzeug.serving import make_server

from access import Key, allow, client, deny, document
from enforced import ROLE, STANDALONE, Organization, costs, refused, user
from orgkit.sandbox import PAYER
from orgkit.sandbox.authorization import billing_services, enforcement

pytestmark = pytest.mark.usefixtures("pretend_aws")


def test_a_members_root_user_is_bound(org: Organization) -> None:
    enforcement.enforce(True)
    member = Key(org.member)
    assert client("iam", member).list_users()["Users"] == []
    scp = org.arn("policy", f"service_control_policy/{org.scp}")
    assert refused(costs(member)).endswith(f"with an explicit deny in a service control policy: {scp}")


def test_a_members_user_is_bound(org: Organization) -> None:
    key = user(allow("*"), account=org.member)
    assert client("iam", key).list_users()["Users"]
    refused(costs(key))


def test_the_policies_of_the_place_bind(org: Organization) -> None:
    """An account that is moved out of an OU leaves that OU's policies."""
    api = client("organizations")
    text = document(deny("iam:*"))
    policy = api.create_policy(Name="NoIam", Description="", Type="SERVICE_CONTROL_POLICY", Content=text)
    api.attach_policy(PolicyId=policy["Policy"]["PolicySummary"]["Id"], TargetId=org.ou)
    enforcement.enforce(True)
    member = client("iam", Key(org.member))
    assert member.list_users()["Users"] == []
    api.move_account(AccountId=org.member, SourceParentId=org.root, DestinationParentId=org.ou)
    refused(member.list_users)


def test_nothing_binds_where_the_policy_type_is_disabled(org: Organization) -> None:
    api = client("organizations")
    api.disable_policy_type(RootId=org.root, PolicyType="SERVICE_CONTROL_POLICY")
    while api.list_roots()["Roots"][0]["PolicyTypes"]:
        pass
    enforcement.enforce(True)
    assert costs(Key(org.member))()


def test_an_account_outside_is_not_bound(org: Organization) -> None:
    enforcement.enforce(True)
    assert costs(Key(STANDALONE))()


def test_a_member_that_accepts_an_invitation_leaves(org: Organization) -> None:
    text = document(deny("organizations:LeaveOrganization"))
    api = client("organizations")
    policy = api.create_policy(Name="Stay", Description="", Type="SERVICE_CONTROL_POLICY", Content=text)
    api.attach_policy(PolicyId=policy["Policy"]["PolicySummary"]["Id"], TargetId=org.root)
    enforcement.enforce(True)
    member = client("organizations", Key(org.member))
    reason = refused(member.accept_handshake, HandshakeId="h-examplehandshake")
    assert "organizations:LeaveOrganization" in reason


def assume(key: Key, account: str, role: str = ROLE) -> Key:
    arn = f"arn:aws:iam::{account}:role/{role}"
    made = client("sts", key).assume_role(RoleArn=arn, RoleSessionName="session")["Credentials"]
    return Key(made["AccessKeyId"], made["SecretAccessKey"], made["SessionToken"])


def in_the_ou(org: Organization) -> dict[str, Any]:
    paths = {"ForAnyValue:StringLike": {"aws:ResourceOrgPaths": f"{org.id}/{org.root}/{org.ou}/*"}}
    return allow("sts:AssumeRole", f"arn:aws:iam::*:role/{ROLE}", Condition=paths)


def test_a_role_is_reached_in_the_ou_alone(org: Organization) -> None:
    key = user(in_the_ou(org))
    with pytest.raises(ClientError, match="because no identity-based policy allows the sts:AssumeRole"):
        assume(key, org.member)
    client("organizations").move_account(AccountId=org.member, SourceParentId=org.root, DestinationParentId=org.ou)
    said = client("sts", assume(key, org.member)).get_caller_identity()
    assert said["Arn"] == f"arn:aws:sts::{org.member}:assumed-role/{ROLE}/session"


def test_a_role_must_exist_and_trust(org: Organization) -> None:
    """AWS gives no reason here."""
    key = user(allow("sts:AssumeRole"))
    trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": STANDALONE}}
    client("iam", Key(org.member)).create_role(RoleName="Closed", AssumeRolePolicyDocument=document(trust))
    for role in ("Nowhere", "Closed"):
        with pytest.raises(ClientError, match=rf"sts:AssumeRole on resource: \S+/{role}$"):
            assume(key, org.member, role)


@pytest.mark.parametrize("with_mfa", [True, False])
def test_a_trust_policy_has_conditions(org: Organization, with_mfa: bool) -> None:
    key = user(allow("sts:AssumeRole"))
    condition = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
    trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": f"arn:aws:iam::{PAYER}:root"}}
    text = document({**trust, "Condition": condition})
    client("iam", Key(org.member)).create_role(RoleName="Guarded", AssumeRolePolicyDocument=text)
    if with_mfa:
        enforcement.signed_in_with_mfa(key.id)
        assume(key, org.member, "Guarded")
    else:
        with pytest.raises(ClientError, match="AccessDenied"):
            assume(key, org.member, "Guarded")


def test_a_session_has_the_roles_rights_within_the_organizations_limits(org: Organization) -> None:
    member = client("iam", Key(org.member))
    member.detach_role_policy(RoleName=ROLE, PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
    member.put_role_policy(RoleName=ROLE, PolicyName="own", PolicyDocument=document(allow(["iam:ListUsers", "ce:*"])))
    session = assume(user(allow("sts:AssumeRole")), org.member)
    assert client("iam", session).list_users()["Users"] == []
    assert f"assumed-role/{ROLE}/session" in refused(client("iam", session).list_groups)
    assert "service control policy" in refused(costs(session))


def test_passing_a_role_to_cloudformation_is_asked_about() -> None:
    key = user(allow("cloudformation:*"))
    body = json.dumps({"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}})
    role = f"arn:aws:iam::{PAYER}:role/Deployer"
    reason = refused(client("cloudformation", key).create_stack, StackName="stack", TemplateBody=body, RoleARN=role)
    assert f"iam:PassRole on resource: {role} " in reason


def test_a_stack_is_named_by_its_arn() -> None:
    key = user()
    reason = refused(client("cloudformation", key).describe_stacks, StackName="stack")
    assert f"on resource: arn:aws:cloudformation:us-east-1:{PAYER}:stack/stack/* " in reason


class Quiet(MotoRequestHandler):
    def log_request(self, *_: Any) -> None:
        pass


def test_a_server_enforces_too(org: Organization) -> None:
    """Over a socket, also for a service that moto lacks."""
    key = user(allow("organizations:ListRoots"))
    application = billing_services.around(DomainDispatcherApplication(create_backend_app))
    server = make_server("127.0.0.1", 0, application, request_handler=Quiet)
    Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        there = {"endpoint": f"http://127.0.0.1:{server.port}"}
        assert client("organizations", key, **there).list_roots()["Roots"]
        refused(client("organizations", key, **there).list_accounts)
        refused(client("iam", key, **there).list_users)
        refused(client("billing", key, **there).list_billing_views)
    finally:
        server.shutdown()
        server.server_close()
