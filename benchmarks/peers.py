"""The peers: other tools that somebody could choose, installed beside this file and told to do the same."""

from __future__ import annotations

import json
import subprocess
import sys
import venv
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import least
from sandboxed import PAYER, REGION
from tools import HERE, Tool

_PEERS: Final = HERE / ".peers"


def peers() -> tuple[list[Tool], list[str]]:
    """Every peer that can be had on this machine, and a sentence for each that cannot."""
    there, missing = [], []
    for name, version, install in (("aws-orgs", "0.3.4", _aws_orgs), ("org-formation", "1.0.17", _org_formation)):
        try:
            there.append(install(name, version))
        except (OSError, subprocess.CalledProcessError) as failure:
            missing.append(f"{name} {version} could not be installed here and is left out: {failure}.")
    return there, missing


def _aws_orgs(name: str, version: str) -> Tool:
    """The organization from specification files: OUs, SCPs and accounts, but no IAM of the payer."""
    command = _PEERS / name / "bin" / "awsorgs"
    if not command.exists():
        venv.create(_PEERS / name, with_pip=True)
        # It imports pkg_resources, which later versions of setuptools do not have.
        _install([str(command.with_name("pip")), "install", "--quiet", "setuptools<81", f"{name}=={version}"])
    run = [str(command), "organization", "--config", "config.yaml", "--exec"]
    report = [str(command), "report", "--config", "config.yaml"]
    jobs = {"first": [run], "again": [run], "tree": [report], "help": [[str(command), "--help"]]}
    return Tool(name, jobs, _specify, version, makes_the_organization=False)


def _specify(folder: Path) -> None:
    """The specification and the configuration of aws-orgs. It demands lists of everything that it could do."""
    nothing_of = ("accounts", "users", "groups", "delegations", "local_users", "custom_policies", "policy_sets")
    specification = {
        **dict.fromkeys(nothing_of, ()),
        "minimum_version": "0.3.4",
        "master_account_id": PAYER,
        "auth_account_id": PAYER,
        "default_domain": "example.com",
        "default_ou": "root",
        "default_sc_policy": "FullAWSAccess",
        "default_path": "awsauth",
        "default_smtp_server": "smtp.example.com",
        "org_admin_email": "admin@example.com",
        "organizational_units": [
            {"Name": "root", "SC_Policies": least.SCPS, "Child_OU": [{"Name": least.INSTITUTION}]},
        ],
        "sc_policies": [
            {"PolicyName": scp, "Description": scp, "Statement": json.loads(least.document(scp))["Statement"]}
            for scp in least.SCPS
        ],
    }
    _write(folder / "spec.d" / "common.yaml", specification)
    role = {"org_access_role": "OrganizationAccountAccessRole"}  # assumed only where the caller is not the payer
    _write(folder / "config.yaml", {"spec_dir": "spec.d", "master_account_id": PAYER, **role})


def _org_formation(name: str, version: str) -> Tool:
    """The organization as a template, compared with the state that the tool keeps in a bucket."""
    command = _PEERS / name / "node_modules" / ".bin" / name
    if not command.exists():
        command.parents[2].mkdir(parents=True, exist_ok=True)
        quietly = ["--silent", "--no-fund", "--no-audit", "--prefix", str(command.parents[2])]
        _install(["npm", "install", *quietly, f"aws-organization-formation@{version}"])
    begin = [str(command), "init", "found.yml", "--region", REGION]  # what it found, written as a template
    update = [str(command), "update", "organization.yml"]
    jobs = {"first": [begin, update], "again": [update], "tree": [begin], "help": [[str(command), "--help"]]}
    return Tool(name, jobs, _template, version, makes_the_organization=False)


def _template(folder: Path) -> None:
    """The template of org-formation: what its `init` finds in a new organization, and what shall be made."""
    scps = {
        f"Scp{number}": _resource(
            "ServiceControlPolicy",
            PolicyName=scp,
            Description=scp,
            PolicyDocument=json.loads(least.document(scp)),
        )
        for number, scp in enumerate(least.SCPS)
    }
    payer = {"AccountName": "Payer", "AccountId": PAYER, "RootEmail": f"payer+{PAYER}@example.com"}
    root = {
        "DefaultOrganizationAccessRoleName": "OrganizationAccountAccessRole",
        "ServiceControlPolicies": [{"Ref": scp} for scp in scps],
    }
    organization = {
        "ManagementAccount": _resource("MasterAccount", **payer),
        "OrganizationRoot": _resource("OrganizationRoot", **root),
        "InstitutionOU": _resource("OrganizationalUnit", OrganizationalUnitName=least.INSTITUTION),
        **scps,
    }
    _write(folder / "organization.yml", {"AWSTemplateFormatVersion": "2010-09-09-OC", "Organization": organization})


def _resource(kind: str, **properties: Any) -> dict[str, Any]:
    return {"Type": f"OC::ORG::{kind}", "Properties": properties}


def _write(file: Path, content: dict[str, Any]) -> None:
    """As YAML; JSON is YAML."""
    file.parent.mkdir(exist_ok=True)
    file.write_text(json.dumps(content, indent=1), encoding="utf-8")


def _install(command: Sequence[str]) -> None:
    print(f"Installing {command[-1]} ...", file=sys.stderr)
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
