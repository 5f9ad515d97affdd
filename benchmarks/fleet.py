"""Many payers: `orgkit status FOLDER` in one process, beside one process per payer.

Two hundred settings files are looked at. They name twenty payers, ten times each, for bootstrapping two hundred would
take longer than all the rest; orgkit signs in and asks everything anew for each file.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import least
from measured import Command, Cost, cost
from sandboxed import DELAY, Sandbox
from tools import ORGKIT

FEW = 20
MANY = 200


@dataclass(frozen=True)
class Fleet:
    """What `status` of so many payers costs."""

    apart: Cost
    """Of a few, in one process per payer."""
    few: Cost
    many: Cost

    @property
    def further_seconds(self) -> float:
        """The processor time of each payer beyond the first few."""
        return (self.many.processor - self.few.processor) / (MANY - FEW)

    @property
    def further_megabytes(self) -> float:
        return (self.many.megabytes - self.few.megabytes) / (MANY - FEW)


def fleet(sandbox: Sandbox) -> Fleet:
    """Bootstrap the payers without delay, and look at them with it."""
    sandbox.control("reset")
    with tempfile.TemporaryDirectory(prefix="orgkit-bench-") as place:
        folder = Path(place)
        own = [_payer(folder, number) for number in range(FEW)]
        for file in own:
            _measured(sandbox, folder, [ORGKIT, "bootstrap", "--yes", "--settings", str(file)])
        for name, count in (("few", FEW), ("many", MANY)):
            (folder / name).mkdir()
            for number in range(count):
                shutil.copy(own[number % FEW], folder / name / f"{number:03}.yaml")
        _measured(sandbox, folder, [ORGKIT, "status", "few"])  # by then everything was read from disk once
        sandbox.control("delay", milliseconds=DELAY)
        found = Fleet(
            apart=_measured(sandbox, folder, *([ORGKIT, "status", "--settings", str(file)] for file in own)),
            few=_measured(sandbox, folder, [ORGKIT, "status", "few"]),
            many=_measured(sandbox, folder, [ORGKIT, "status", "many"]),
        )
        sandbox.control("delay", milliseconds=0)
    print(f"orgkit: status of {MANY} payers: {found.many.processor:.1f} s of processor time", file=sys.stderr)
    return found


def _payer(folder: Path, number: int) -> Path:
    """The settings of a payer in a folder of its own, and the profile that signs in to it."""
    account, profile = str(100_000_000_000 + number), f"payer-{number}"
    own, credentials = folder / profile, folder / ".aws" / "credentials"
    own.mkdir()
    wanted = ["--account", account, "--institution", least.INSTITUTION]
    subprocess.run([ORGKIT, "init", *wanted], cwd=own, check=True, stdout=subprocess.DEVNULL)
    credentials.parent.mkdir(exist_ok=True)
    with credentials.open("a", encoding="utf-8") as file:
        keys = {"aws_access_key_id": account, "aws_secret_access_key": "sandbox", "aws_session_token": "sandbox"}
        file.write("\n".join([f"[{profile}]", *(f"{key} = {value}" for key, value in keys.items()), ""]))
    with (own / "orgkit.yaml").open("a", encoding="utf-8") as file:
        file.write(f"profile: {profile}\n")
    return own / "orgkit.yaml"


def _measured(sandbox: Sandbox, folder: Path, *commands: Command) -> Cost:
    found = cost(commands, folder, sandbox)
    if any(found.exits):
        raise SystemExit((folder / "said.txt").read_text(errors="replace")[-2_000:])
    return found
