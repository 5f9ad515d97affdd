"""What the institution's org admin may run with its own rights: what it may not read is left out, and said."""

from __future__ import annotations

import re

import pytest

from orgkit.sandbox import PAYER
from orgkit.sandbox.authorization import enforcement

ID = "210987654321"


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("validate", "are valid."),
        ("status -o tree", '└── "Example University" (ou-'),
        ("status -o mermaid", "flowchart TB"),
        (f"invite {ID} --yes", "1 invited."),
        ("invitations --all", "AWS remembers no invitation."),
        (f"cancel {ID} --yes", "1 without an open invitation."),
        ("place --yes", "No account is at the root except the payer."),
        ("handover --for institution", "written with the institution's own rights"),
        ("handover --for owner", "Your AWS account is invited"),
    ],
)
def test_the_org_admin_runs_it(orgkit, org_admin, line, says):
    done = orgkit(line)
    assert done.exit_code == 0, done.stderr
    assert says in done.stdout


def sentences(page: str) -> set[str]:
    """The lines of a page, without the numbers of its lists."""
    return {re.sub(r"^\d+\. ", "", line) for line in page.splitlines()}


def test_its_own_page_differs_only_in_what_it_may_not_read(orgkit, settings, org_admin, monkeypatch):
    own = sentences(orgkit("handover --for institution").stdout)
    enforcement.enforce(False)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", PAYER)
    whole = sentences(orgkit("handover --for institution").stdout)
    assert [sentence.partition(" ")[0] for sentence in whole - own] in (["Sign", "On"], ["On", "Sign"])
    assert f"https://{PAYER}.signin.aws.amazon.com/console" in " ".join(own)


@pytest.mark.parametrize("line", ["status --quick", "bootstrap --dry-run", "prove", "handover --for partner"])
def test_what_needs_the_payer_s_iam_is_refused_in_words(orgkit, org_admin, line):
    done = orgkit(line)
    assert done.exit_code == 1
    assert "AccessDenied" in done.stderr
    assert "Otherwise sign in to the payer as root or with AdministratorAccess" in " ".join(done.stderr.split())


@pytest.mark.parametrize("line", [f"invite {ID}", "invitations", "place", "status -o tree"])
def test_without_mfa_it_is_told_so(orgkit, org_admin, session, settings, line, monkeypatch):
    enforcement.enforce(False)
    key = session.client("iam").create_access_key(UserName=settings.iam.org_admin)["AccessKey"]
    enforcement.enforce(True)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", key["AccessKeyId"])
    done = orgkit(line)
    assert done.exit_code == 1
    assert "sign in with MFA: without it they may do nothing" in done.stderr
