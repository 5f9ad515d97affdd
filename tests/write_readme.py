"""Write what the console blocks of the README and the docs print into them: `python tests/write_readme.py`.

A page that says the same but for ids and dates stays as it is.
"""

from __future__ import annotations

import os
import re
import shlex
import tempfile
from contextlib import chdir
from pathlib import Path

from click.testing import CliRunner

from orgkit import sandbox
from orgkit.cli.main import cli
from test_readme import normal

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]


def main() -> None:
    keys = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
    os.environ.update(dict.fromkeys(keys, sandbox.PAYER) | {"COLUMNS": "100"})
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        with tempfile.TemporaryDirectory() as folder, chdir(folder), sandbox.running():
            written = re.sub(r"^```console\n(.*?)^```", _ran, text, flags=re.DOTALL | re.MULTILINE)
        if normal(written) != normal(text):
            page.write_text(written, encoding="utf-8")


def _ran(block: re.Match[str]) -> str:
    shown = []
    for command in re.findall(r"^\$ orgkit.*$", block[1], re.MULTILINE):
        result = CliRunner().invoke(cli, shlex.split(command)[2:], prog_name="orgkit")
        shown += [command, result.output.rstrip()]
    return "\n".join(["```console", *shown, "```"])


if __name__ == "__main__":
    main()
