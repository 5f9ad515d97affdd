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
    from orgkit.report import text
    from orgkit.settings import validate as validation

    found = validation.findings(settings_file)
    if output == "json":
        say(text.as_json(validation.as_document(found)))
    else:
        for finding in found:
            say(validation.line(finding))
        say(validation.verdict(found, settings_file.name))
    if not validation.valid(found):
        sys.exit(2)
