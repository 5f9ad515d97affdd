"""The command `orgkit prove`."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from orgkit.cli.common import aws_options, door, enter, exit_codes, output_option, say, tell


@click.command(epilog=exit_codes(0, 1, 2, 3, 4, 130))
@output_option("text", "json")
@aws_options
@door
def prove(output: str, settings_file: Path, profile: str | None, endpoint_url: str | None, debug: bool) -> None:
    """Prove who may do what, by AWS's own policy simulator. Changes nothing.

    \b
    orgkit prove
    orgkit prove -o json | jq -r '.rows[] | select(.as_it_should_be | not) | .id'

    It asks about what is deployed, not about files here: the policies on the two admins, and the SCPs that are
    attached from the root down. Exit code 3 tells that something is not as it should be.
    """
    from orgkit.proof import capabilities
    from orgkit.proof import prove as separation
    from orgkit.report import matrix, text

    aws, settings = enter(settings_file, profile, endpoint_url, debug=debug)
    tell("Asking AWS's policy simulator about what is deployed; this takes some seconds.\n")
    rows = separation.prove(aws, settings, capabilities.capabilities())
    if output == "json":
        say(text.as_json(matrix.document(aws.caller.account, rows)))
    else:
        for line in matrix.lines(rows):
            say(line)
    if not all(row.as_it_should_be for row in rows):
        sys.exit(3)
