"""Where the people of the admins' roles come from, and who watches: what is taken, what is refused, in which words."""

from __future__ import annotations

from pathlib import Path

import pytest

from orgkit.errors import FileProblems
from orgkit.settings import Settings, load
from orgkit.settings.text import account_of

PROVIDER = "arn:aws:iam::123456789012:saml-provider/Example"
ROLE = "arn:aws:iam::999988887777:role/Billing"
CENTER = "arn:aws:iam::999988887777:role/aws-reserved/sso.amazonaws.com/*/AWSReservedSSO_Org_*"


def read(**iam: str) -> Settings:
    lines = "".join(f"  {key}: {value!r}\n" for key, value in iam.items())
    text = f"account: '123456789012'\ninstitution: Example University\niam:\n{lines}"
    return load(Path("orgkit.yaml"), text)


@pytest.mark.parametrize("source", [PROVIDER, ROLE, CENTER])
@pytest.mark.parametrize("key", ["org_admin_from", "billing_admin_from"])
def test_an_admin_comes_from_a_provider_of_the_payer_or_a_role_elsewhere(key: str, source: str):
    settings = read(**{key: source})
    assert getattr(settings.iam, key) == source
    assert settings.warnings == ()


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("*", "must be a"),
        ("999988887777", "must be a"),
        ("arn:aws:iam::123456789012:oidc-provider/idp.example", "must be a"),
        ("arn:aws:iam::999988887777:saml-provider/Example", "is the provider of another account"),
        ("arn:aws:iam::123456789012:saml-provider/*", "must be a"),
        ("arn:aws:iam::*:role/Billing", "must be a"),
        ("arn:aws:iam::99998888777?:role/Billing", "must be a"),
        ("arn:aws:iam::999988887777:root", "must be a"),
        ("arn:aws:iam::999988887777:user/Ann", "must be a"),
        ("arn:aws:iam::999988887777:role/*", "must be a"),
        ("arn:aws:iam::999988887777:role/**/*", "must be a"),
        ("arn:aws:iam::999988887777:role/", "must be a"),
        ("arn:aws:iam::999988887777:role/${aws:username}", "must be a"),
        ("arn:aws:iam::123456789012:role/Billing", "is a role of the payer itself"),
        ("arn:aws:sts::999988887777:assumed-role/Billing/ann", "must be a"),
        ("arn:aws:s3:::bucket/role", "must be a"),
        ("arn:aws:iam::999988887777:group/Admins", "must be a"),
    ],
)
@pytest.mark.parametrize("key", ["org_admin_from", "watcher"])
def test_a_bad_source_is_refused_with_its_place_and_what_is_wanted(key: str, source: str, words: str):
    if key == "watcher" and "saml-provider" in source:
        words = "must be a"
    with pytest.raises(FileProblems) as refused:
        read(**{key: source})
    (problem,) = refused.value.problems
    assert (problem.line, problem.column) == (4, len(key) + 5)
    assert problem.text.startswith(words)
    assert "of another account" in problem.text
    provider = "SAML provider of the payer, arn:aws:iam::PAYER:saml-provider/NAME, or a "
    wanted = f"a {provider if key == 'org_admin_from' else ''}role of another account, arn:aws:iam::ACCOUNT:role/NAME"
    assert words != "must be a" or wanted in problem.text


@pytest.mark.parametrize(
    ("billing", "org"),
    [
        (PROVIDER, PROVIDER),
        (ROLE, ROLE),
        (ROLE, "arn:aws:iam::999988887777:role/B*"),
        ("arn:aws:iam::999988887777:role/B*", ROLE),
        (CENTER.replace("_*", "_?"), CENTER),
    ],
)
def test_both_admins_never_come_from_one_place(billing: str, org: str):
    with pytest.raises(FileProblems, match="must differ from billing_admin_from"):
        read(billing_admin_from=billing, org_admin_from=org)


def test_two_roles_of_one_account_are_a_warning():
    (warning,) = read(billing_admin_from=ROLE, org_admin_from=CENTER).warnings
    assert warning.startswith(
        "org_admin_from is of the same account as billing_admin_from: who administers 999988887777"
    )


def test_the_watcher_may_come_from_where_an_admin_comes_from():
    assert read(billing_admin_from=ROLE, watcher=ROLE).iam.watcher == ROLE


def test_only_a_role_has_an_account():
    assert [account_of(each) for each in (ROLE, CENTER, PROVIDER, "")] == ["999988887777", "999988887777", "", ""]
