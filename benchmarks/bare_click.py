"""A click program of six commands with nothing in them: the least that `orgkit --help` could take."""

import click


@click.group()
def cli() -> None:
    """Nothing."""


for name in ("init", "validate", "bootstrap", "status", "prove", "invite"):

    @cli.command(name)
    @click.option("--output", help="How to print.")
    def command(output: str) -> None:
        """Nothing."""


cli()
