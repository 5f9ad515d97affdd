"""The commands `orgkit demo` and `orgkit sandbox`: nothing else outside the sandbox knows that there is one."""

import sys

import click

from orgkit.cli.common import Answer, command
from orgkit.errors import OrgkitError, how_to_install


@command(formats=(), options=())
@click.option("--port", type=click.IntRange(0, 65535), default=5770, show_default=True, help="0 takes a free one.")
@click.option("--no-enforce", is_flag=True, help="Let everyone do everything, whatever IAM and SCPs say.")
@click.option("--throttle", is_flag=True, help="Refuse requests beyond AWS's published rates, as AWS does.")
def sandbox(answer: Answer, port: int, no_enforce: bool, throttle: bool) -> None:
    _need_sandbox()
    from orgkit.sandbox import server  # the extra may be missing

    server.serve(port, lambda url: answer.say(server.how_to_ask(url)), enforce=not no_enforce, throttled=throttle)
    answer.say("\nStopped; what the sandbox held is forgotten.")


@command(formats=(), options=())
@click.option("--no-pause", is_flag=True, help="Do not wait for a key.")
def demo(_: Answer, no_pause: bool) -> None:
    _need_sandbox()
    from orgkit.sandbox import demo as story  # the extra may be missing

    interactive = not no_pause and sys.stdin.isatty() and sys.stdout.isatty()
    story.tell(click.get_current_context().find_root().command, _wait_for_a_key if interactive else lambda: None)


def _wait_for_a_key() -> None:
    """Any key but Ctrl-C, which ends the demo."""
    click.echo("\n[any key: go on; Ctrl-C: end]", err=True, nl=False)
    try:
        click.getchar()
    except EOFError:  # Ctrl-D
        pass
    finally:
        click.echo(err=True)


def _need_sandbox() -> None:
    """Raises OrgkitError without the extra `sandbox`."""
    try:
        import flask  # noqa: F401  the server's own need
        import moto  # noqa: F401  the sandbox's first need
    except ImportError as absent:
        raise OrgkitError("The sandbox is not installed.", how_to_install("sandbox")) from absent
