"""Write beside a built wheel what a stranger needs to install it safely: `python .ci/release.py dist`.

- requirements.txt: the wheel and everything that it needs at run time, from constraints.txt, each with its hashes
- requirements-login.txt: the same with the extra `login`
- orgkit-VERSION.cdx.json: both as a bill of materials (CycloneDX 1.6)

The same wheel and the same lock give the same bytes. It runs in the environment that was made from constraints.txt.
"""

from __future__ import annotations

import hashlib
import json
import re
import sys
import uuid
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

LOCK = Path(__file__).parents[1] / "constraints.txt"
NAME = "orgkit"


def main(folder: Path) -> None:
    (wheel,) = folder.glob("*.whl")
    version = wheel.name.split("-")[1]
    wheel_hash = hashlib.sha256(wheel.read_bytes()).hexdigest()
    locked = pins()
    needed, with_login = tree(), tree("login")
    for file, names in (("requirements.txt", needed), ("requirements-login.txt", with_login)):
        own = f"{NAME}=={version} \\\n    --hash=sha256:{wheel_hash}\n"
        (folder / file).write_text(own + "".join(locked[name] for name in sorted(names) if name != NAME), "utf-8")
    text = json.dumps(bill(version, wheel_hash, locked, needed, with_login), indent=2)
    (folder / f"{NAME}-{version}.cdx.json").write_text(text + "\n", "utf-8")


def pins() -> dict[str, str]:
    """Every package of the lock: its name, and its lines as they stand there."""
    blocks = re.findall(r"^[^ \n].*\n(?: .*\n)*", LOCK.read_text("utf-8"), re.MULTILINE)
    return {canonicalize_name(_requirement(block).name): block for block in blocks}


def tree(extra: str = "") -> dict[str, set[str]]:
    """Everything that is installed for orgkit, and what each of it asks for by itself."""
    found: dict[str, set[str]] = {}
    waiting = {(NAME, extra)}
    while waiting:
        name, extra = waiting.pop()
        asked = [each for each in map(Requirement, distribution(name).requires or ()) if _applies(each, extra)]
        found[name] = found.get(name, set()) | {canonicalize_name(each.name) for each in asked}
        every = {(canonicalize_name(each.name), more) for each in asked for more in each.extras or {""}}
        waiting |= {(each, more) for each, more in every if more or each not in found}
    return found


def bill(
    version: str, wheel_hash: str, locked: dict[str, str], needed: dict[str, set[str]], with_login: dict[str, set[str]]
) -> dict[str, Any]:
    """The bill of materials. What only the extra needs is optional."""
    refs = {NAME: f"{NAME}@{version}"}
    components = []
    for name in sorted(set(with_login) - {NAME}):
        (clause,) = _requirement(locked[name]).specifier
        refs[name] = f"pkg:pypi/{name}@{clause.version}"
        components.append(
            {
                "type": "library",
                "bom-ref": refs[name],
                "name": name,
                "version": clause.version,
                "scope": "required" if name in needed else "optional",
                "licenses": _licences(name),
                "purl": refs[name],
            }
        )
    own = {
        "type": "application",
        "bom-ref": refs[NAME],
        "name": NAME,
        "version": version,
        "hashes": [{"alg": "SHA-256", "content": wheel_hash}],
        "licenses": _licences(NAME),
    }
    content = {
        "version": 1,
        "metadata": {"component": own},
        "components": components,
        "dependencies": [
            {"ref": refs[name], "dependsOn": sorted(refs[each] for each in asked)}
            for name, asked in sorted(with_login.items())
        ],
    }
    serial = uuid.uuid5(uuid.NAMESPACE_OID, json.dumps(content))
    return {"bomFormat": "CycloneDX", "specVersion": "1.6", "serialNumber": f"urn:uuid:{serial}", **content}


def _requirement(block: str) -> Requirement:
    return Requirement(block.splitlines()[0].removesuffix("\\"))


def _applies(needed: Requirement, extra: str) -> bool:
    """What only another system needs counts too: it is not installed here, so the release stops and is looked at."""
    marker = needed.marker
    return marker is None or "extra" not in str(marker) or marker.evaluate({"extra": extra})


def _licences(name: str) -> list[dict[str, Any]]:
    about = distribution(name).metadata
    return [{"license": {"name": about["License-Expression"] or about["License"]}}]


if __name__ == "__main__":
    main(Path(sys.argv[1]))
