"""Write what the README's console blocks print into them: `python tests/write_readme.py`."""

from __future__ import annotations

import os
import re
import shlex
import tempfile
from pathlib import Path

from click.testing import CliRunner

from orgkit import sandbox
from orgkit.cli import cli

README = Path(__file__).parents[1] / "README.md"


def main() -> None:
    keys = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
    os.environ.update(dict.fromkeys(keys, sandbox.PAYER))
    text = README.read_text(encoding="utf-8")
    with tempfile.TemporaryDirectory() as folder, sandbox.running():
        os.chdir(folder)
        text = re.sub(r"^```console\n(.*?)^```", _ran, text, flags=re.DOTALL | re.MULTILINE)
        os.chdir("/")
    README.write_text(text, encoding="utf-8")


def _ran(block: re.Match[str]) -> str:
    shown = []
    for command in re.findall(r"^\$ orgkit.*$", block[1], re.MULTILINE):
        result = CliRunner().invoke(cli, shlex.split(command)[2:], prog_name="orgkit")
        shown += [command, result.output.rstrip()]
    return "\n".join(["```console", *shown, "```"])


if __name__ == "__main__":
    main()
