"""The commands `orgkit demo` and `orgkit sandbox`: all that knows that there is a sandbox."""

from __future__ import annotations

import click

from orgkit.cli.common import door, exit_codes, say
from orgkit.errors import OrgkitError


@click.command(epilog=exit_codes(0, 1, 130))
@door
def demo() -> None:
    """Show the whole story on a pretend AWS in this process.

    \b
    orgkit demo

    It needs no account and no network.
    """
    _with_sandbox()
    from orgkit.sandbox import demo as story

    story.tell(click.get_current_context().find_root().command)


@click.command(epilog=exit_codes(0, 1, 2))
@click.option("--port", type=click.IntRange(0, 65535), default=5770, show_default=True, help="0 takes a free one.")
@click.option("--no-enforce", is_flag=True, help="Let everyone do everything, whatever IAM and SCPs say.")
@door
def sandbox(port: int, no_enforce: bool) -> None:
    """Serve a pretend AWS on 127.0.0.1, for the real commands.

    \b
    orgkit sandbox
    orgkit sandbox --port 0

    It prints what to set in another terminal, so that the other commands ask it instead of AWS. As on AWS, IAM
    policies bind users and roles, and SCPs bind member accounts.
    """
    _with_sandbox()
    from orgkit.sandbox import server

    server.serve(port, _announce, enforce=not no_enforce)
    say("\nStopped; what the sandbox held is forgotten.")


def _announce(url: str) -> None:
    say("A pretend AWS is running; nothing it holds is real, and it forgets all when it stops.")
    say("In another terminal:\n")
    say(f"  export AWS_ENDPOINT_URL={url}")
    say("  export AWS_DEFAULT_REGION=us-east-1")
    say("  export AWS_ACCESS_KEY_ID=123456789012 AWS_SECRET_ACCESS_KEY=sandbox AWS_SESSION_TOKEN=sandbox\n")
    say("Press Ctrl-C to stop.")


def _with_sandbox() -> None:
    try:
        import flask  # noqa: F401  the server's own need
        import moto  # noqa: F401  the sandbox's first need
    except ImportError as absent:
        raise OrgkitError("The sandbox is not installed.", "Install it with: pip install 'orgkit[sandbox]'") from absent
