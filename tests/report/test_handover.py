"""The pages of handover: what they say, what they keep from the other party, and the command that prints them."""

from __future__ import annotations

import re
import shlex
from dataclasses import replace
from datetime import timedelta
from html import unescape
from pathlib import Path
from string import Formatter
from xml.etree.ElementTree import fromstring

import botocore.session
import click
import pytest
from botocore import xform_name

from handed_over import ACCOUNTS, DENY, ELSEWHERE, OU, SECRET_SCP, TODAY, Reader
from orgkit import procedure
from orgkit.cli.main import cli
from orgkit.proof.capabilities import Persona, Should, capabilities
from orgkit.report import notes
from orgkit.report.handover import findings
from orgkit.report.handover.findings import Party, page
from orgkit.report.handover.page import HERE, element, html, markdown
from orgkit.sandbox import clock, seed
from orgkit.sandbox import iam as pretend_iam
from orgkit.settings.rules import Service
from owners import accept
from steps import in_order

pytestmark = pytest.mark.usefixtures("one_session")
BOTH = pytest.mark.parametrize("party", Party)
READER = {Party.PARTNER: Persona.BILLING_ADMIN, Party.INSTITUTION: Persona.ORG_ADMIN}


def matrix_of(page):
    """The rows of each group: the question, and the answers to it."""
    return {
        plain(title): [tuple(map(plain, row)) for row in rows]
        for title, *rows in table_of(page, "Who may do what").iterfind("tbody")
    }


def table_of(page, caption):
    (table,) = (each for each in page.iter("table") if each.findtext("caption") == caption)
    return table


def plain(element):
    return "".join(element.itertext()).strip()


def said(capability):
    """Its sentence, without what marks code in it."""
    return capability.may.replace("`", "")


def text_of(page):
    return Reader(html(page)).text


# Only what is the reader's


@BOTH
def test_no_page_carries_a_password(handed, party):
    assert len(handed.passwords) == 2
    for written in (handed.html[party], handed.markdown[party]):
        assert not any(password in written for password in handed.passwords)


@BOTH
def test_a_page_has_one_footer(handed, party):
    """The text for the owners, which the institution's page quotes, is sent without its own."""
    assert handed.markdown[party].count("Written by orgkit") == 1


def test_each_names_its_own_file_of_credentials_and_not_the_other_s(handed):
    for written in (handed.markdown, handed.html):
        for party, own, other in ((Party.PARTNER, "BillingAdmin", "OrgAdmin"), (Party.INSTITUTION, "OrgAdmin", "Bil")):
            assert f"{own}_credentials.csv" in written[party]
            assert not re.search(rf"{other}\w*_credentials", written[party])


def test_the_partner_does_not_see_the_institution_s_scps(handed):
    assert SECRET_SCP not in handed.html[Party.PARTNER]
    assert SECRET_SCP in handed.html[Party.INSTITUTION]


def test_the_institution_does_not_see_how_the_payer_is_kept(handed, read):
    tasks = notes.tasks(handed.settings)
    kept = [tasks[name]["to_do"] for name in ("billing", "quota", "mfa")]
    kept += [tasks["email"]["done"], tasks["keys"]["done"], "orgkit-iam"]
    assert all(line in read[Party.PARTNER].text for line in kept)
    assert not any(
        line in read[Party.INSTITUTION].text for line in (*kept, *(task["to_do"] for task in tasks.values()))
    )


@BOTH
def test_both_see_every_account_and_ou(read, party):
    payer = "(the payer, whose root user is the partner's)"
    assert all(name in read[party].text for name in (*ACCOUNTS, ELSEWHERE, OU, payer))


# What they say


@BOTH
def test_the_matrix_answers_each_question_of_the_capabilities(handed, party):
    matrix = matrix_of(handed.pages[party])
    words = {Should.ALLOWED: "yes", Should.OPEN: "yes¹", Should.DENIED: "no", Should.NOT_APPLICABLE: "n/a"}
    rows = {may: own for group in matrix.values() for may, own, _ in group}
    assert rows == {said(each): words[each.should_be[READER[party]]] for each in capabilities()}
    assert list(matrix) == list(dict.fromkeys(each.group for each in capabilities()))


@BOTH
def test_the_matrix_names_everybody_else_who_may(handed, party):
    others = {persona.who: persona for persona in Persona}
    told = {
        may: {others[who.strip("¹")] for who in who.split(", ") if who != "nobody"}
        for group in matrix_of(handed.pages[party]).values()
        for may, _, who in group
    }
    may = {
        said(each): {
            who
            for who, should in each.should_be.items()
            if should in (Should.ALLOWED, Should.OPEN) and who is not Persona.WATCHER
        }
        for each in capabilities()
    }
    assert told == {sentence: who - {READER[party]} for sentence, who in may.items()}


def test_who_comes_without_a_user_who_watches_and_what_services_there_are(aws, settings, organizations):
    roles = {
        "org_admin_from": f"arn:aws:iam::{settings.account}:saml-provider/Example",
        "billing_admin_from": "arn:aws:iam::999988887777:role/Billing",
        "watcher": "arn:aws:iam::999988887777:role/orgkit-watch",
        "console_access": False,
    }
    known = replace(settings, iam=replace(settings.iam, **roles))
    list(procedure.bootstrap(aws(), known))
    organizations.create_account(AccountName="Security", Email="security@example.edu")
    member = next(each["Id"] for each in organizations.list_accounts()["Accounts"] if each["Name"] == "Security")
    services = (Service("config.amazonaws.com"), Service("access-analyzer.amazonaws.com", member))
    known = replace(known, services=services, root_access=True)
    list(procedure.bootstrap(aws(), known))
    for party, source in ((Party.PARTNER, roles["billing_admin_from"]), (Party.INSTITUTION, roles["org_admin_from"])):
        said = text_of(page(aws(), known, party, TODAY))
        assert [each for each in (roles["org_admin_from"], roles["billing_admin_from"]) if each in said] == [source]
        assert "whoever signs you in there has to ask for it" in said
        assert f"whoever watches: {roles['watcher']}" in said
        assert "config.amazonaws.com" in said
        assert f"{member} the service in all accounts, and the whole tree" in " ".join(said.split())
        assert "The payer manages the root credentials of member accounts" in said
        assert "orgkit gives it no password" in said
        assert "read the payer's users, groups, roles and policies" in said


def test_without_required_mfa_no_page_says_that_it_is_required(aws, settings):
    lax = replace(settings, iam=replace(settings.iam, require_mfa=False))
    list(procedure.bootstrap(aws(), lax))
    written = page(aws(), lax, Party.INSTITUTION, TODAY)
    may = {first for group in matrix_of(written).values() for first, *_ in group}
    assert may == {said(each) for each in capabilities() if each.sign_in == "mfa"}
    assert "Nothing enforces MFA here" in text_of(written)
    assert "Nearly everything is denied" not in text_of(written)


def test_the_guards_stand_with_their_ids_and_where_they_really_are(aws, settings, bootstrapped, session):
    api = session.client("organizations")
    root = api.list_roots()["Roots"][0]["Id"]
    ids = {policy["Name"]: policy["Id"] for policy in api.list_policies(Filter="SERVICE_CONTROL_POLICY")["Policies"]}
    api.detach_policy(PolicyId=ids["deny-billing"], TargetId=root)
    (ou,) = api.list_organizational_units_for_parent(ParentId=root)["OrganizationalUnits"]
    api.attach_policy(PolicyId=ids["keep-membership"], TargetId=ou["Id"])
    written = page(aws(), settings, Party.INSTITUTION, TODAY)
    table = table_of(written, "The partner's SCPs")
    rows = {plain(name): [plain(id_), plain(places)] for name, id_, places, _ in table.iterfind("tbody/tr")}
    assert rows == {
        "deny-billing": [ids["deny-billing"], "nothing at present"],
        "keep-membership": [ids["keep-membership"], "the root, OU Example University"],
    }


def test_root_access_is_told_to_be_central_once_it_is(aws, settings, organizations):
    wanted = replace(settings, root_access=True)
    list(procedure.bootstrap(aws(), settings))
    before = page(aws(), wanted, Party.INSTITUTION, TODAY)
    assert "every member account MFA" in left_in(before)
    assert "root credentials of member accounts" not in text_of(before)
    list(procedure.bootstrap(aws(), wanted))
    after = page(aws(), wanted, Party.INSTITUTION, TODAY)
    assert "every invited account MFA" in left_in(after)
    assert "root credentials of member accounts" in text_of(after)


def give_mfa(iam, user):
    serial = iam.create_virtual_mfa_device(VirtualMFADeviceName=user)["VirtualMFADevice"]["SerialNumber"]
    iam.enable_mfa_device(
        UserName=user, SerialNumber=serial, AuthenticationCode1="123456", AuthenticationCode2="654321"
    )


def test_who_has_signed_in_with_mfa_is_told(aws, settings, bootstrapped, session):
    assert "BillingAdmin had a password and no MFA device." in text_of(page(aws(), settings, Party.PARTNER, TODAY))
    give_mfa(session.client("iam"), "BillingAdmin")
    assert "BillingAdmin had a password and an MFA device." in text_of(page(aws(), settings, Party.PARTNER, TODAY))


def left_in(written):
    """What a page says remains to be done by hand."""
    return text_of(written).split("What remains to be done by hand")[2].split("In short")[0]


def test_what_the_root_user_has_done_is_told_as_done(aws, settings, bootstrapped, session):
    pretend_iam.root_user(mfa=False, access_keys=True)
    before = left_in(page(aws(), settings, Party.PARTNER, TODAY))
    tasks = notes.tasks(settings)
    assert all(task["to_do"] in before for task in tasks.values())
    assert "Done already" not in before
    pretend_iam.root_user(mfa=True, access_keys=False)
    target = {"Type": "ACCOUNT", "Id": "210987654321"}
    session.client("organizations").invite_account_to_organization(Target=target)
    after = left_in(page(aws(), settings, Party.PARTNER, TODAY))
    assert [name for name, task in tasks.items() if task["to_do"] in after] == ["billing", "quota"]
    done = "the payer's e-mail address is verified; the root user has an MFA device; the root user has no access keys."
    assert f"Done already, as AWS showed on {TODAY}: {done}" in after


def test_an_account_that_was_invited_long_ago_shows_a_verified_address(aws, settings, bootstrapped, session):
    session.client("organizations").invite_account_to_organization(Target={"Type": "ACCOUNT", "Id": "210987654321"})
    accept("210987654321")
    clock.advance(timedelta(days=60))
    assert aws().handshakes.all() == ()
    assert "the payer's e-mail address is verified" in left_in(page(aws(), settings, Party.PARTNER, TODAY))


def test_files_of_passwords_are_spoken_of_while_they_are_there(aws, settings, bootstrapped):
    words = "delete the files beside the settings"
    assert words in left_in(page(aws(), settings, Party.PARTNER, TODAY))
    for file in settings.path.parent.glob("*.csv"):
        file.unlink()
    assert words not in left_in(page(aws(), settings, Party.PARTNER, TODAY))


def test_what_the_institution_has_done_is_not_left_to_do(aws, settings, bootstrapped, session):
    tasks = ("set up MFA", "Make your OUs", "Write your own SCPs")
    before = left_in(page(aws(), settings, Party.INSTITUTION, TODAY))
    assert all(task in before for task in tasks)
    give_mfa(session.client("iam"), "OrgAdmin")
    api = session.client("organizations")
    ou = aws().organizations.ou_named("Example University")["Id"]
    physics = api.create_organizational_unit(ParentId=ou, Name="Physics")["OrganizationalUnit"]["Id"]
    scp = api.create_policy(Name="theirs", Description="", Type="SERVICE_CONTROL_POLICY", Content=DENY)
    api.attach_policy(PolicyId=scp["Policy"]["PolicySummary"]["Id"], TargetId=physics)
    after = left_in(page(aws(), settings, Party.INSTITUTION, TODAY))
    assert not any(task in after for task in tasks)
    assert "Give the root user of every member account MFA" in after


@BOTH
def test_without_console_access_nobody_is_sent_to_a_file(aws, settings, party):
    without = replace(settings, iam=replace(settings.iam, console_access=False))
    list(procedure.bootstrap(aws(), without))
    said = text_of(page(aws(), without, party, TODAY))
    assert "orgkit gives it no password" in said
    assert "_credentials.csv" not in said


def test_who_lost_the_password_is_told_whom_to_ask(aws, settings, bootstrapped, session):
    for user in ("BillingAdmin", "OrgAdmin"):
        session.client("iam").delete_login_profile(UserName=user)
    assert "ask the partner for it" in text_of(page(aws(), settings, Party.INSTITUTION, TODAY))
    assert "orgkit bootstrap writes one" in text_of(page(aws(), settings, Party.PARTNER, TODAY))


@BOTH
def test_what_waits_is_counted(read, party):
    assert "1 invitation waits for an answer" in read[party].text
    assert "1 account is still at the root" in read[party].text


@BOTH
def test_many_accounts_are_folded(aws, settings, bootstrapped, party):
    api = aws()
    seed.seed(accounts=212, ous=0, parent=api.organizations.ou_named("Example University")["Id"])
    written = page(api, settings, party, TODAY)
    assert ">… and 192 more accounts<" in unescape(html(written))
    assert "- … and 192 more accounts\n" in markdown(written)


def test_every_value_that_a_template_names_is_among_the_data(aws, settings, bootstrapped, monkeypatch):
    """Also where the element is not shown today. What each item of a list holds is the list's own."""
    known = {}
    monkeypatch.setattr(findings, "read", lambda template, data: known.update(data) or element("body", {}))
    for party in Party:
        page(aws(), settings, party, TODAY)
    assert len(known) > 30
    for template in ("partner", "institution", "owner", "shared"):
        whole = fromstring((HERE / f"{template}.html").read_text(encoding="utf-8"))
        assert sorted(set(named_in(whole)) - known.keys()) == []


def named_in(part):
    """The values that a part of a template names, items of lists aside."""
    if part.get("each"):
        yield part.get("each")
        return
    texts = [part.text, *part.attrib.values(), *(child.tail for child in part)]
    yield from (name for text in texts for _, name, _, _ in Formatter().parse(text or "") if name)
    yield from f"{part.get('if', '')} {part.get('unless', '')}".split()
    for child in part:
        yield from named_in(child)


@BOTH
def test_every_command_that_is_named_exists(handed, party):
    named = {line for line in commands(handed.pages[party]) if line.startswith(("orgkit ", "aws "))}
    assert len(named) >= 3
    for line in named:
        exists(shlex.split(line))


def commands(page):
    """Every command in the code of a page, wherever it stands."""
    for copied in page.iter("pre"):
        yield from (line.strip() for line in plain(copied).replace("\\\n", " ").splitlines())
    yield from map(plain, page.iter("code"))


def exists(words):
    if words[0] == "orgkit":
        command = cli.commands[words[1]].make_context(words[1], [], resilient_parsing=True).command
        options = {option for each in command.params if isinstance(each, click.Option) for option in each.opts}
        assert {word for word in words[2:] if word.startswith("-")} <= options
    elif words[1:] != ["login"]:
        model = botocore.session.get_session().get_service_model(words[1])
        operation = {xform_name(name, "-"): name for name in model.operation_names}[words[2]]
        members = model.operation_model(operation).input_shape.members
        known = {f"--{xform_name(name, '-')}" for name in members}
        assert {word for word in words[3:] if word.startswith("--")} <= known


# The command


@pytest.mark.parametrize(
    ("output", "begins"), [("markdown", "# The AWS organization of "), ("html", "<!DOCTYPE html>")]
)
@pytest.mark.parametrize("party", ["partner", "institution"])
def test_the_command_prints_the_page_alone(orgkit, bootstrapped, party, output, begins):
    done = orgkit(f"handover --for {party} -o {output}")
    assert done.exit_code == 0
    assert done.stdout.startswith(begins)
    assert f", for the {party}" in done.stdout


@BOTH
def test_the_command_only_reads(orgkit, bootstrapped, wire, party):
    before = sorted(Path().iterdir())
    assert orgkit(f"handover --for {party}").exit_code == 0
    assert wire
    assert [call for call in wire if not call.startswith(("Describe", "Get", "List"))] == []
    assert sorted(Path().iterdir()) == before


def test_whose_page_must_be_said(orgkit):
    done = orgkit("handover")
    assert (done.exit_code, done.stdout) == (2, "")
    assert "--for" in done.stderr


def test_before_bootstrap_there_is_nothing_to_hand_over(orgkit, settings):
    done = orgkit("handover --for partner")
    assert (done.exit_code, done.stdout) == (1, "")
    assert "There is no organization yet." in done.stderr
    assert "Run `orgkit bootstrap` first." in done.stderr


def until(aws, settings, thing):
    """A bootstrap that is stopped right before a step."""
    for step in in_order(aws, settings):
        if step.thing == thing:
            return
        if step.to_do:
            step.apply()


def test_without_the_stack_there_is_nothing_to_hand_over(orgkit, aws, settings):
    until(aws(), settings, "IAM stack orgkit-iam")
    done = orgkit("handover --for institution")
    assert (done.exit_code, done.stdout) == (1, "")
    assert "IAM stack orgkit-iam is not as in orgkit.yaml." in done.stderr


def test_without_the_scps_there_is_nothing_to_hand_over(orgkit, aws, settings):
    until(aws(), settings, "SCP keep-membership")
    done = orgkit("handover --for institution")
    assert (done.exit_code, done.stdout) == (1, "")
    assert "The institution's OU or an SCP is missing." in done.stderr


def test_no_page_promises_what_is_only_in_the_settings(orgkit, settings, bootstrapped):
    path = settings.path
    path.write_text(path.read_text(encoding="utf-8") + "\niam: {require_mfa: false}\n", encoding="utf-8")
    done = orgkit("handover --for partner")
    assert (done.exit_code, done.stdout) == (1, "")
    assert "IAM stack orgkit-iam is not as in orgkit.yaml." in done.stderr
