"""Who the caller is, from the access key id alone.

moto takes every caller for a user named moto of one account, unless IAM or STS handed the key out, and
compares the key with those of every account. AWS writes the account into the key id, and moto does so too
when it makes one: reading it from there costs the same with one account as with five thousand.
"""

from __future__ import annotations

import json
import re
from base64 import b32decode
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from moto.core.common_types import TYPE_RESPONSE
from moto.core.exceptions import AccessDeniedError
from moto.core.responses import ActionResult, BaseResponse
from moto.core.utils import get_service_model
from moto.iam import models as iam
from moto.iam.utils import ACCOUNT_OFFSET, AWS_ROLE_ALPHABET
from moto.sts.exceptions import STSClientError
from moto.sts.models import STSBackend, sts_backends
from moto.sts.responses import TokenResponse
from moto.sts.utils import random_session_token
from moto.utilities.utils import get_partition

from orgkit.sandbox import PAYER, clock

# moto takes only ids of 20 characters for one. AWS's have 16 to 128; here an account's 12 digits are one too.
ACCESS_KEY: Final = re.compile(r"AWS\S*\s+(?:Credential=)?(?P<access_key>\w+)[:/]")
ACCOUNT: Final = re.compile(r"\d{12}")
_HANDED_OUT: Final = re.compile(r"A[KS]IA[A-Z2-7]{16}")
_ROLE: Final = re.compile(r"arn:(?P<partition>[\w-]+):iam::(?P<account>\d{12}):role/.+")

_SESSIONS: Final = "orgkit_sessions"
_TWELVE_HOURS: Final = 43_200  # GetSessionToken's DurationSeconds when none is given


@dataclass(frozen=True)
class Caller:
    """What sts:GetCallerIdentity says of a caller."""

    account: str
    arn: str
    user_id: str

    @property
    def is_root(self) -> bool:
        """Whether this is the root user, whom no policy of its own account binds."""
        return self.arn.endswith(":root")


@dataclass(frozen=True)
class Session:
    """Temporary credentials: whom they stand for, until when, and whether an MFA code was given for them.

    `is_own`: they are a user's own, by GetSessionToken.
    """

    caller: Caller
    expiration: datetime
    with_mfa: bool = False
    is_own: bool = False


@dataclass(frozen=True)
class Refusal:
    """How AWS answers a key that it does not take: JSON services say it in other words than XML ones."""

    xml_code: str
    json_code: str
    message: str


class _Denied(AccessDeniedError):
    """An observed answer of AWS, in its own words."""

    def __init__(self, message: str) -> None:
        super(AccessDeniedError, self).__init__("AccessDenied", message)


# Observed answers of AWS; the service models do not list errors that are common to all services.
EXPIRED: Final = Refusal(
    "ExpiredToken", "ExpiredTokenException", "The security token included in the request is expired"
)
INVALID: Final = Refusal(
    "InvalidClientTokenId",
    "UnrecognizedClientException",
    "The security token included in the request is invalid.",
)


def account_of(access_key: str) -> str:
    """The account of a key id: its 12 digits, the account that handed it out, or else the payer."""
    if ACCOUNT.fullmatch(access_key):
        return access_key
    account = _account_written_in(access_key)
    return account if _key(account, access_key) else PAYER


def caller(account: str, access_key: str, partition: str = "aws") -> Caller:
    """Who holds this key in this account: a user, a role's session, or the root user for any unknown key."""
    session = _session(account, access_key, partition)
    if session:
        return session.caller
    user = iam.iam_backends[account][partition].get_user_from_access_key_id(access_key)
    if user:
        return Caller(account, user.arn, user.id)
    return Caller(account, f"arn:{partition}:iam::{account}:root", account)


def refusal(account: str, access_key: str, partition: str = "aws", service: str | None = None) -> Refusal | None:
    """Why AWS would not take this key. Ids that start with EXPIRED or INVALID are for trying that out.

    IAM takes a session of GetSessionToken only with MFA (GetSessionToken, model). The model does not say with which
    error it refuses one: users report this (99designs/aws-vault issue 1056, aws/aws-sdk-js issue 460).
    """
    key, session = _key(account, access_key), _session(account, access_key, partition)
    if access_key.startswith("EXPIRED") or (session and session.expiration <= clock.now()):
        return EXPIRED
    if access_key.startswith("INVALID") or (key and key.status != "Active"):
        return INVALID
    return INVALID if service == "iam" and session and session.is_own and not session.with_mfa else None


def has_mfa(account: str, access_key: str, partition: str = "aws") -> bool:
    """Whether this is the key of a session that began with an MFA code."""
    session = _session(account, access_key, partition)
    return session is not None and session.with_mfa


def role_of(arn: str) -> iam.Role | None:
    """The role of this ARN, in whichever account."""
    found = _ROLE.fullmatch(arn)
    if found is None or found["account"] not in iam.iam_backends:  # asking moto for an account brings it into being
        return None
    roles = iam.iam_backends[found["account"]][found["partition"]].get_roles()
    return next((role for role in roles if role.arn == arn), None)


def _account_written_in(access_key: str) -> str:
    """Eight characters after the prefix hold half of the account id, the ninth whether it is odd."""
    if not _HANDED_OUT.fullmatch(access_key):
        return ""
    half = int.from_bytes(b32decode(access_key[4:12]), "big") - ACCOUNT_OFFSET
    odd = access_key[12] in AWS_ROLE_ALPHABET[16:]
    return f"{half * 2 + odd:012}"


def _key(account: str, access_key: str) -> iam.AccessKey | None:
    if account not in iam.iam_backends:  # asking moto for an account brings it into being
        return None
    found = (backend.access_keys.get(access_key) for backend in iam.iam_backends[account].values())
    return next(filter(None, found), None)


def _session(account: str, access_key: str, partition: str) -> Session | None:
    role = sts_backends[account][partition].get_assumed_role_from_access_key(access_key)
    if role:
        return Session(Caller(account, role.arn, role.user_id), role.expiration)
    own: dict[str, Session] = vars(iam.iam_backends[account][partition]).get(_SESSIONS, {})
    return own.get(access_key)


def get_caller_identity(sts: STSBackend, access_key_id: str, region: str) -> tuple[str, str, str]:
    who = caller(sts.account_id, access_key_id, get_partition(region))
    return who.user_id, who.arn, who.account


def get_session_token(self: TokenResponse) -> ActionResult:
    """moto hands everybody the key of AWS's examples, which nobody holds: a user would become root with it.

    Any code will do for an MFA device that the user has.
    """
    who = caller(self.current_account, self.get_access_key(), self.partition)
    _check_duration(self, 900, 129_600)
    backend = iam.iam_backends[who.account][self.partition]
    device = self._get_param("SerialNumber")
    if device:
        user = backend.get_user_from_access_key_id(self.get_access_key())
        if user is None or device not in user.mfa_devices or not self._get_param("TokenCode"):
            raise _Denied("MultiFactorAuthentication failed with invalid MFA one time pass code. ")
    key = backend.create_temp_access_key()
    expiration = clock.now() + timedelta(seconds=self._get_int_param("DurationSeconds", _TWELVE_HOURS))
    session = Session(who, expiration, with_mfa=bool(device), is_own=True)
    vars(backend).setdefault(_SESSIONS, {})[key.access_key_id] = session
    credentials = {
        "AccessKeyId": key.access_key_id,
        "SecretAccessKey": key.secret_access_key,
        "SessionToken": random_session_token(),
        "Expiration": expiration,
    }
    return ActionResult({"Credentials": credentials})


def of_existing_role(assume: Callable[[TokenResponse], ActionResult]) -> Callable[[TokenResponse], ActionResult]:
    """moto lets anyone assume a role that does not exist. An invited account has no access role at first."""

    def assume_role(self: TokenResponse) -> ActionResult:
        role, who = self._get_param("RoleArn"), caller(self.current_account, self.get_access_key(), self.partition)
        _check_session(self, role)
        if who.is_root:
            raise _Denied("Roles may not be assumed by root accounts.")
        if role_of(role) is None:
            raise AccessDeniedError(who.arn, f"sts:AssumeRole on resource: {role}")
        return assume(self)

    return assume_role


def assume_root(self: TokenResponse) -> ActionResult:
    """moto lacks it. What AWS refuses is refused; no session of a root user is handed out."""
    if not (self._get_param("TaskPolicyArn") or {}).get("arn"):
        raise _invalid("Value null at 'taskPolicyArn' failed to satisfy constraint: Member must not be null")
    _check_duration(self, 0, 900)
    if not re.fullmatch(r"(arn:[\w-]+:iam::)?\d{12}(:root)?", self._get_param("TargetPrincipal", "")):
        raise STSClientError("ValidationError", "Request must contain a valid target principal")
    if ":policy/root-task/" not in self._get_param("TaskPolicyArn")["arn"]:
        raise STSClientError("ValidationError", "Request must contain valid AWS managed task policy ARN")
    raise NotImplementedError("AssumeRoot")


def _check_session(asked: TokenResponse, role: str) -> None:
    """What AWS refuses of AssumeRole before it looks for the role (recorded in part)."""
    if not _ROLE.fullmatch(role):
        raise STSClientError("ValidationError", f"{role} is invalid")
    name = asked._get_param("RoleSessionName", "")
    if not re.fullmatch(r"[\w+=,.@-]*", name):
        constraint = "failed to satisfy constraint: Member must satisfy regular expression pattern: [\\w+=,.@-]*"
        raise _invalid(f"Value '{name}' at 'roleSessionName' {constraint}")
    keys = [tag["Key"].lower() for tag in asked._get_param("Tags", [])]
    if len(set(keys)) < len(keys):
        said = "Duplicate tag keys found. Please note that Tag keys are case insensitive."
        raise STSClientError("InvalidParameterValue", said)
    if not {key.lower() for key in asked._get_param("TransitiveTagKeys", [])} <= set(keys):
        said = "The specified transitive tag key must be included in the requested tags."
        raise STSClientError("InvalidParameterValue", said)


def _check_duration(asked: TokenResponse, least: int, most: int) -> None:
    seconds = asked._get_int_param("DurationSeconds", most)
    if not least <= seconds <= most:
        bound = f"less than or equal to {most}" if seconds > most else f"greater than or equal to {least}"
        raise _invalid(
            f"Value '{seconds}' at 'durationSeconds' failed to satisfy constraint: Member must have value {bound}"
        )


def _invalid(problem: str) -> STSClientError:
    return STSClientError("ValidationError", f"1 validation error detected: {problem}")


def checking_key(answer: Callable[[BaseResponse], TYPE_RESPONSE]) -> Callable[[BaseResponse], TYPE_RESPONSE]:
    def call_action(self: BaseResponse) -> TYPE_RESPONSE:
        refused = refusal(self.current_account, self.get_access_key(), self.partition, self.service_name)
        try:
            return _refuse(self, refused) if refused else answer(self)
        except NotImplementedError:
            what = f"The sandbox does not have {self.service_name}:{self._get_action()}."
            return _refuse(self, Refusal("NotImplemented", "NotImplementedException", what))

    return call_action


def as_json(code: str, message: str) -> tuple[str, str]:
    """Content type and body of an error, as Organizations and the newer services say it."""
    return "application/x-amz-json-1.1", json.dumps({"__type": code, "message": message})


def as_xml(code: str, message: str) -> tuple[str, str]:
    """Content type and body of an error, as IAM, STS and CloudFormation say it."""
    error = f"<Type>Sender</Type><Code>{code}</Code><Message>{message}</Message>"
    return "text/xml", f"<ErrorResponse><Error>{error}</Error></ErrorResponse>"


def _refuse(response: BaseResponse, refused: Refusal) -> TYPE_RESPONSE:
    protocol = response.determine_response_protocol(get_service_model(response.boto3_service_name))
    if "json" in protocol:
        content_type, body = as_json(refused.json_code, refused.message)
        return 400, {"Content-Type": content_type}, body
    content_type, body = as_xml(refused.xml_code, refused.message)
    return 403, {"Content-Type": content_type}, body
