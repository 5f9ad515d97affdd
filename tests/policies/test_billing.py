"""Billing and cost: the partner's alone. Every action of AWS's catalogue is judged, and asked one by one."""

from __future__ import annotations

import fnmatch
import json
import re

import pytest

from orgkit import bundled
from orgkit.sandbox.language.evaluator import Effect
from policies import money, template
from policies.judgements import judged, judged_one_by_one
from policies.personas import EVERYTHING, actions, billing_admin, data, member_admin, member_root, org_admin

MONEY = re.compile(
    r"Bill(?!Of)|Budget|Charge|Cost|Credit|Invoice|Payable|Payment|Pric(e|ing)|Purchas|Quote|Refund"
    r"|Reserved(?!Concurrency)|Savings|Spend|Tax(?!o)"
)


def test_every_prefix_of_the_catalogue_is_judged_once():
    judgements = data("judged-prefixes")
    assert sorted([*judgements["billing"], *judgements["open"]]) == sorted(data("iam-actions"))


def test_every_action_that_speaks_of_money_is_judged():
    judged_by_prefix = set(actions(*data("judged-prefixes")["billing"]))
    speaking = {action for action in actions() if MONEY.search(action.partition(":")[2])}
    assert len(speaking) > 300
    assert not speaking - judged_by_prefix - set(judged_one_by_one())


def test_every_operation_that_answers_with_money_is_judged():
    """When this fails after an upgrade of botocore, judge what it names in judged-prefixes.json."""
    judged_by_prefix = data("judged-prefixes")["billing"]
    elsewhere = [each for named in data("money-in-answers")["no action"].values() for each in named]
    found = {
        f"{prefix}:{operation}": sorted(members)
        for prefix, operation, members in money.operations()
        if prefix not in judged_by_prefix
    }
    assert len(found) > 200
    assert not {
        each: members
        for each, members in found.items()
        if each not in judged_one_by_one() and not any(fnmatch.fnmatchcase(each, known) for known in elsewhere)
    }


def test_no_action_is_judged_twice():
    judged_by_prefix = set(actions(*data("judged-prefixes")["billing"]))
    assert not {action for action, verdicts in judged_one_by_one().items() if len(verdicts) > 1}
    assert not judged_by_prefix & set(judged_one_by_one())


def test_every_judgement_is_about_something():
    patterns = [each for judgement in data("judged-prefixes")["actions"] for each in judgement["actions"]]
    assert not [each for each in patterns if not fnmatch.filter(actions(each.partition(":")[0]), each)]


def test_there_is_something_to_ask():
    assert len(judged("billing")) > 400


@pytest.mark.parametrize("persona", [member_admin(), member_root()], ids=lambda persona: persona.name)
def test_nobody_in_a_member_account_touches_billing(persona):
    assert not {action for action in judged("billing") if persona.effect(action) is not Effect.EXPLICIT_DENY}


TAMPERED = {
    "as deployed": org_admin(),
    "without MFA": org_admin(RequireMfa="false"),
    "administrator, too": org_admin().given(EVERYTHING),
    "in the partner's group, too": org_admin().given(*billing_admin().identity),
    "without its boundary": org_admin().without_boundary().given(EVERYTHING),
    "in another group instead": org_admin().in_no_group().given(EVERYTHING),
}


@pytest.mark.parametrize("persona", TAMPERED.values(), ids=TAMPERED)
def test_the_institution_never_touches_billing(persona):
    assert not {action for action in judged("billing") if persona.effect(action) is not Effect.EXPLICIT_DENY}


def test_the_partner_has_all_of_billing_but_the_actions_that_run_under_a_role():
    closed = {action for action in judged("billing") if not billing_admin().may(action)}
    assert closed == {"budgets:ExecuteBudgetAction", "budgets:UpdateBudgetAction"}


@pytest.mark.parametrize("action", ["budgets:ExecuteBudgetAction", "budgets:UpdateBudgetAction"])
def test_a_budget_action_of_an_administrators_is_no_door(action):
    assert billing_admin().given(EVERYTHING).without_boundary().effect(action) is Effect.EXPLICIT_DENY


# What AWS's own policy Billing (version 27) has outside of the prefixes that are billing.
AWS_BILLING = [
    "account:GetAccountInformation",
    "pricing:DescribeServices",
    "support:AddAttachmentsToSet",
    "support:CreateCase",
]


@pytest.mark.parametrize("action", AWS_BILLING)
def test_the_partner_has_what_the_billing_policy_of_aws_has(action):
    assert billing_admin().may(action)


@pytest.mark.parametrize("action", ["account:PutContactInformation", "account:PutAlternateContact"])
def test_the_partner_changes_the_payers_contacts_and_no_others(action):
    own = f"arn:aws:account::{template.PAYER}:account"
    billing = {"account__AlternateContactTypes": "BILLING"}
    assert billing_admin().may(action, own, **billing)
    assert not billing_admin().may(action, f"{own}/{template.ORGANIZATION}/444455556666", **billing)


def test_the_partner_changes_no_other_alternate_contact():
    own = f"arn:aws:account::{template.PAYER}:account"
    for action in ("account:PutAlternateContact", "account:DeleteAlternateContact"):
        assert not billing_admin().may(action, own, account__AlternateContactTypes="SECURITY")


def alarm(name, region="us-east-1"):
    return f"arn:aws:cloudwatch:{region}:{template.PAYER}:alarm:{name}"


def test_the_partner_alarms_on_the_billing_metric():
    topic = f"arn:aws:sns:us-east-1:{template.PAYER}:bills"
    assert billing_admin().may("cloudwatch:GetMetricStatistics")
    assert billing_admin().may("cloudwatch:PutMetricAlarm", alarm("Billing-1000"), cloudwatch__AlarmActions=topic)
    assert billing_admin().may("cloudwatch:DeleteAlarms", alarm("Billing-1000"))


@pytest.mark.parametrize("name", ["RootUserSignedIn", "root/Billing"])
def test_the_partner_touches_no_other_alarm(name):
    assert not billing_admin().may("cloudwatch:PutMetricAlarm", alarm(name))
    assert not billing_admin().may("cloudwatch:DeleteAlarms", alarm(name))


@pytest.mark.parametrize("does", ["lambda:us-east-1:111122223333:function:f", "automate:us-east-1:ec2:terminate"])
def test_an_alarm_of_the_partners_only_tells(does):
    action, resource = "cloudwatch:PutMetricAlarm", alarm("Billing-1000")
    assert not billing_admin().may(action, resource, cloudwatch__AlarmActions=f"arn:aws:{does}")


def test_the_partner_has_billing_from_the_list_that_the_scp_denies():
    denied = json.loads((bundled.SCP_EXAMPLES / "deny-billing.json").read_text(encoding="utf-8"))
    assert _statement("BillingPolicy", "Billing")["Action"] == denied["Statement"][0]["Action"]


def test_the_partner_only_reads_what_billing_pages_show():
    reads = re.compile("Describe|Get|List")
    beyond = _statement("BillingPolicy", "ReadWhatBillingPagesShow")["Action"]
    assert not {action for action in beyond if action != "pricing:*" and not reads.match(action.partition(":")[2])}


@pytest.mark.parametrize("prefix", ["pricing", "account", "support", "health", "servicequotas", "uxc", "signin"])
def test_what_costs_nothing_stays_open_to_members(prefix):
    closed = {action for action in actions(prefix) if not member_admin().may(action)}
    assert closed <= {"account:CloseAccount"}


def _statement(policy, sid):
    statements = template.documents()[policy]["Statement"]
    return next(statement for statement in statements if statement["Sid"] == sid)
