"""The command `orgkit validate`."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from orgkit.cli.common import door, exit_codes, output_option, say, settings_option


@click.command(epilog=exit_codes(0, 2, 130))
@output_option("text", "json")
@settings_option
@door
def validate(output: str, settings_file: Path) -> None:
    """Check the settings, their SCPs and the IAM template, offline.

    \b
    orgkit validate
    orgkit validate -s example.yaml -o json | jq -r '.findings[] | select(.severity == "error") | .problem'

    Everything is told at once, as file:line:column. An action that AWS does not know is an error where one letter
    makes it one that AWS knows, else a warning: it may be newer than orgkit's list. Warnings alone end in 0.
    """
    from orgkit.iam import template
    from orgkit.report import text
    from orgkit.settings import settings
    from orgkit.settings.doubts import doubts
    from orgkit.settings.reader import in_order

    checked = settings.check(settings.text_of(settings_file), settings_file)
    # The settings' own words are the plainest, so they come first.
    found = in_order([*checked.problems, *template.problems(checked.document), *doubts(checked.scps.documents)])
    severities = ["warning" if problem.warning else "error" for problem in found]
    if output == "json":
        findings = [
            {"severity": severity, **text.problem_json(problem)}
            for severity, problem in zip(severities, found, strict=True)
        ]
        say(text.as_json({"valid": "error" not in severities, "findings": findings}))
    else:
        for severity, problem in zip(severities, found, strict=True):
            where = f"{problem.file}:{problem.line}:{problem.column}"
            say(": ".join(filter(None, [where, severity, problem.path, problem.text])))
        counts = [text.counted(number, noun) for noun in ("error", "warning") if (number := severities.count(noun))]
        valid = f"{settings_file.name}, its SCPs and the IAM template are valid."
        say(f"{', '.join(counts)}." if counts else valid)
    if "error" in severities:
        sys.exit(2)
