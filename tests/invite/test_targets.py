"""Targets from the command line and from files: what is taken, and every problem with its line."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orgkit.errors import FileProblems
from orgkit.invite import targets
from orgkit.invite.targets import Target

ID, OTHER, ADDRESS = "210987654321", "321098765432", "cloud@example.edu"
NEITHER = "is neither an account id (12 digits without dashes; spreadsheets drop leading zeros) nor an e-mail address"


def file(text: str | bytes) -> io.BytesIO:
    """A file of this content, as click opens one."""
    stream = io.BytesIO(text if isinstance(text, bytes) else text.encode())
    stream.name = "list"
    return stream


def read(text: str | bytes) -> list[Target]:
    return list(targets.gather((), file(text)).each)


def problems(text: str | bytes, *arguments: str) -> list[str]:
    with pytest.raises(FileProblems) as found:
        targets.gather(arguments, file(text))
    assert found.value.exit_code == 2
    return found.value.message.splitlines()


def test_arguments_are_ids_and_addresses():
    named = targets.gather((ID, ADDRESS)).each
    assert [(target.id, target.kind) for target in named] == [(ID, "ACCOUNT"), (ADDRESS, "EMAIL")]


def test_arguments_and_file_add_up():
    assert targets.gather((ID,), file(OTHER)).each == (Target(ID), Target(OTHER))


@pytest.mark.parametrize(
    "text",
    [
        f"{ID}\n{ADDRESS}\n",
        f"# ours\n\n  {ID}  # physics\n\t{ADDRESS}",
        f"{ID}\r\n{ADDRESS}\r\n",
        f"\ufeff{ID}\n{ADDRESS}",
        f"account\n{ID}\n{ADDRESS}\n",
        f"account,email\n{ID},\n,{ADDRESS}\n",
        f"Account ; Email\n{ID};\n# a, comment; here\n\n;{ADDRESS}\n",
        f"email\taccount\n\t{ID}\n{ADDRESS}\n",
        f'account, head of it\n{ID}, "Physics, Dr. A"\n{ADDRESS}, ""\n',
        f'\n# first\n"account","department"\n"{ID}","Physics"\n{ADDRESS}\n',
    ],
)
def test_a_list_and_a_csv_are_read(text):
    assert read(text) == [Target(ID), Target(ADDRESS)]


def test_a_csv_has_notes_and_names():
    text = f'account,name,notes\n{ID},Physics,"Dear all,\n# accept, please"\n{OTHER}\n'
    assert read(text) == [Target(ID, "Dear all,\n# accept, please", "Physics"), Target(OTHER)]


@pytest.mark.parametrize(
    ("header", "row"),
    [
        (
            "Account ID,ARN,Email,Name,State,Joined method,Joined timestamp",
            "{},arn:aws:x,{},Physics,ACTIVE,INVITED,now",
        ),
        ("Id,Arn,Email,Name,Status,State,Paths,JoinedMethod,JoinedTimestamp", "{},arn,{},Physics,ACTIVE,,,,"),
        ("Account id,Account email,Account name", "{},{},Physics"),
        ("AccountId;Email address;Name", "{};{};Physics"),
        ("id,account,email,name", "7,{},{},Physics"),
        ("account_id\te-mail\tname", "{}\t{}\tPhysics"),
    ],
)
def test_exports_of_aws_are_read(header, row):
    assert read(f"{header}\n{row.format(ID, ADDRESS)}\n") == [Target(ID, name="Physics")]


def test_columns_that_are_not_used_are_named():
    assert targets.gather((), file(f"Account ID,Department,Email,\n{ID},Physics,,\n")).unused == ("department",)


def test_of_an_id_and_an_address_the_id_is_invited():
    assert read(f"account,email\n{ID},{ADDRESS}\n") == [Target(ID)]


def test_a_number_sign_within_an_address_begins_no_comment():
    assert read("a#b@example.edu\n") == [Target("a#b@example.edu")]


def test_doubles_are_left_out_whatever_their_case():
    named = targets.gather((ID, ADDRESS), file(f"{ADDRESS.upper()}\n{OTHER}\n{ID}\n"))
    assert [target.id for target in named.each] == [ID, ADDRESS, OTHER]
    assert named.doubles == 2


def test_notes_of_the_command_line_are_for_rows_without():
    named = targets.gather((), file(f"account,notes\n{ID},mine\n{OTHER},\n"), "everybody's").each
    assert [target.notes for target in named] == ["mine", "everybody's"]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", ["list:1:1: names no account"]),
        ("account,notes\n", ["list:1:1: names no account"]),
        ("# nobody yet\n", ["list:1:1: names no account"]),
        (f"{ID}\n  foo\n", [f"list:2:3: 'foo' {NEITHER}"]),
        ("1\n", [f"list:1:1: '1' {NEITHER}"]),
        (f"{ID}1\n", [f"list:1:1: '{ID}1' {NEITHER}"]),
        ("2109-8765-4321", [f"list:1:1: '2109-8765-4321' {NEITHER}"]),
        ("٢١٠٩٨٧٦٥٤٣٢١", [f"list:1:1: '٢١٠٩٨٧٦٥٤٣٢١' {NEITHER}"]),
        ("a@b\n", [f"list:1:1: 'a@b' {NEITHER}"]),
        ("a" * 200_000, [f"list:1:1: '{'a' * 60}…' {NEITHER}"]),
        (
            f"account,{'a' * 200_000}\n{ID},",
            [f"list:1:1: 'account,{'a' * 52}…' {NEITHER}", f"list:2:1: '{ID},' {NEITHER}"],
        ),
        (f"{'a' * 60}@b.cd", [f"list:1:1: '{'a' * 60}…' {NEITHER}"]),
        ("\x1b[2J@example.edu", [f"list:1:1: '\\x1b[2J@example.edu' {NEITHER}"]),
        (f"account\n{ID}\nfoo\n", [f"list:3:1: 'foo' {NEITHER}"]),
        (
            f"{ID},Physics\n",
            ["list:1:1: a CSV needs a header that names account or email, and optionally"],
        ),
        ("account,emial\n", ["list:1:1: 'emial' is not a column; did you mean email?"]),
        ("account,email,account\n", ["list:1:1: the header names account twice"]),
        (f"account,note\n{ID},x\n", ["list:1:1: 'note' is not a column; did you mean notes?"]),
        (f"account,notes\n{ID},a,b\n", ["list:2:1: has more cells than the header; put a cell that contains"]),
        ("account,name\n,Physics\n", ["list:2:1: names neither account nor email"]),
        (f'account,notes\n{ID},"{"x" * 1025}"\n', ["list:2:1: notes: are 1025 characters long; AWS takes 1024"]),
        (f"account,notes\n{ID},<b>\n", ["list:2:1: notes: must not contain < or >, which AWS refuses"]),
        (f"account,notes\n{ID},a\x00\n", ["list:2:1: notes: have control characters"]),
        (f'account\n{ID}\n"{OTHER}\n', ["list:3:1: is not CSV from here on: unexpected end of data"]),
        (b"\xff\xfea", ["list:1:1: is not UTF-8 text"]),
        (f"{ID}\nJos\xe9@example.edu".encode("latin-1"), ["list:2:4: is not UTF-8 text"]),
        (b"#" * (8 * 1024**2 + 1), ["list:1:1: is larger than 8,192 KiB"]),
    ],
)
def test_what_is_wrong_is_said_with_its_line(text, says):
    found = problems(text)
    assert len(found) == len(says)
    for line, begins in zip(found, says, strict=True):
        assert line.startswith(begins)


def test_a_header_without_a_known_column_is_named_with_the_ones_that_are():
    (problem,) = problems("Konto;Mail\n1;2\n")
    assert problem.endswith("names account or email, and optionally notes and name; this one has 'konto', 'mail'")


def test_every_problem_is_told_at_once():
    assert problems("foo\nbar\n", ID, "qux") == [
        f"arguments:2:1: 'qux' {NEITHER}",
        f"list:1:1: 'foo' {NEITHER}",
        f"list:2:1: 'bar' {NEITHER}",
    ]


def test_lines_of_a_csv_are_counted_through_quoted_ones():
    text = f'# of today\naccount,notes\n{ID},"one\ntwo\n\n#three"\n# and\nfoo,"1\n2"\n{OTHER},\nbar\n'
    assert [line.split(" ")[0] for line in problems(text)] == ["list:8:1:", "list:11:1:"]


def test_a_file_that_cannot_be_read_is_a_problem():
    class Broken(io.BytesIO):
        name = "broken"

        def read(self, size: int | None = -1) -> bytes:
            raise OSError(5, "Input/output error")

    with pytest.raises(FileProblems, match="broken:1:1: cannot be read: Input/output error"):
        targets.gather((), Broken())


@given(st.one_of(st.binary(), st.text(alphabet='account,email;"\n#\t 0123456789@.').map(str.encode)))
def test_any_file_gives_targets_or_problems(tally, raw):
    tally["bad inputs"] += 1
    try:
        found = targets.gather((), file(raw)).each
    except FileProblems as wrong:
        found = wrong.problems
    assert found
