"""The command `orgkit validate`."""

from __future__ import annotations

from pathlib import Path

from orgkit.cli.common import SETTINGS, Answer, command
from orgkit.iam import template
from orgkit.report import text as report
from orgkit.settings import settings
from orgkit.settings.catalogue import doubts
from orgkit.settings.reader import in_order


@command(
    """
    \b
    orgkit validate
    orgkit validate -s example.yaml -o json | jq .findings

    All findings are reported at once, as file:line:column. An unknown action that is one letter away from one that AWS
    knows is an error; any other is a warning, since it may be newer than orgkit's list. Warnings alone end in 0.
    """,
    exits=(0, 2, 130),
    options=(SETTINGS,),
)
def validate(answer: Answer, settings_file: Path) -> int:
    checked = settings.check(settings.text_of(settings_file), settings_file)
    # The settings' own words are the plainest, so they come first.
    found = in_order([*checked.problems, *template.problems(checked.document), *doubts(checked.documents)])
    for problem in found:
        severity = "warning" if problem.warning else "error"
        where = f"{problem.file}:{problem.line}:{problem.column}"
        words = ": ".join(filter(None, [where, severity, problem.path, problem.text]))
        answer.add("findings", {"severity": severity, **report.problem_json(problem)}, words)
    errors = sum(not problem.warning for problem in found)
    numbers = ((errors, "error"), (len(found) - errors, "warning"))
    counts = ", ".join(report.counted(number, noun) for number, noun in numbers if number)
    answer.say(f"{counts}." if counts else f"{settings_file.name}, its SCPs and the IAM template are valid.")
    answer.document = {"valid": not errors, "findings": [], **answer.document}
    return 2 if errors else 0
