"""What can go wrong, in the reader's words: one exception a kind, each with its exit code and its remedy."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Final

from orgkit import __version__


class OrgkitError(Exception):
    """A failure that a user, a file or AWS can cause. `message` says what, `remedy` what to do next."""

    exit_code: ClassVar[int] = 1

    def __init__(self, message: str, remedy: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy


@dataclass(frozen=True)
class Problem:
    """One thing wrong in a file. Line and column count from 1; `path` is the setting, as in `iam.region`."""

    file: str
    line: int
    column: int
    path: str
    text: str
    warning: bool = False
    """Doubtful, but perhaps as it was meant."""

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}:{self.column}: "
        return f"{where}{self.path}: {self.text}" if self.path else f"{where}{self.text}"


class FileProblems(OrgkitError):
    """Settings, policies or lists that cannot be used; every problem at once. Nothing was asked of AWS."""

    exit_code = 2

    def __init__(self, problems: Sequence[Problem], remedy: str = "") -> None:
        super().__init__("\n".join(str(problem) for problem in problems), remedy)
        self.problems = tuple(problems)


class SignInError(OrgkitError):
    """No credentials, credentials that AWS refuses, or the wrong account. Nothing was changed."""

    exit_code = 4


class Blocked(OrgkitError):
    """A step that orgkit must not take by itself; the remedy says who can clear the way, and how."""


class NotMended(OrgkitError):
    """A change that AWS accepted and that changed nothing: its step stays as it was, and the run goes on."""


class AwsError(OrgkitError):
    """AWS refused a call. `code` is its error code, `reason` the finer one some exceptions carry (or "").

    `sent_again` tells that botocore sent the call more than once, so that an earlier sending may have had
    its effect although its answer was lost.
    """

    def __init__(self, operation: str, code: str, text: str, *, reason: str = "", sent_again: bool = False) -> None:
        words = f"{code}: {reason}" if reason else code
        super().__init__(f"{operation}: {text or 'AWS gave no reason.'} ({words})", remedy_of(code, reason))
        self.code = code
        self.text = text
        self.reason = reason.partition(":")[0]
        self.sent_again = sent_again


class UnexpectedAnswer(OrgkitError):
    """AWS answered, but not in the shape its documentation promises."""

    def __init__(self, operation: str, what: str) -> None:
        super().__init__(
            f"{operation}: AWS's answer is not as documented ({what}).",
            "Nothing more was done. Run the same command again; if it stays, report it with --debug.",
        )


# AWS's codes that say of credentials that it does not accept them, or a signature that is too early or too late.
_KEY = "InvalidAccessKeyId InvalidClientTokenId UnrecognizedClientException"
_SESSION = "AuthFailure ExpiredToken ExpiredTokenException"
_SIGNATURE = "IncompleteSignature InvalidSignatureException RequestExpired SignatureDoesNotMatch"
UNKNOWN_KEY: Final = frozenset(_KEY.split())
OF_CREDENTIALS: Final = frozenset(f"{_KEY} {_SESSION} {_SIGNATURE}".split())

_GO_ON = "Run the same command again: it goes on from here."
_NETWORK = "Check the network (and AWS_ENDPOINT_URL, if it is set), and run the same command: it goes on."

# AWS's error codes and reasons -> what to do. A reason is looked up first.
# Codes and reasons are those of botocore's service models; the advice follows AWS's own descriptions of them.
_REMEDIES: Final[Mapping[str, str]] = {
    "AccessDenied AccessDeniedException": (
        "If you are one of the two admins, sign in with MFA: without it they may do nothing. Otherwise sign in to the "
        "payer as root or with AdministratorAccess. Then run the same command: it goes on from here."
    ),
    "AccessDeniedForDependencyException": (
        "You also need iam:CreateServiceLinkedRole for organizations.amazonaws.com. Sign in as root or with "
        "AdministratorAccess, and run the same command."
    ),
    "ACCOUNT_CREATION_NOT_COMPLETE OptInRequired SubscriptionRequiredException": (
        "Finish signing up for the payer account (payment method, phone, support plan); it can take a day until AWS "
        "has activated it. Then run the same command again."
    ),
    "ACCOUNT_NUMBER_LIMIT_EXCEEDED": (
        "If the organization is less than an hour old, wait an hour. Otherwise cancel invitations that nobody answers, "
        "or ask AWS from the payer account for a higher quota of accounts (Service Quotas, us-east-1)."
    ),
    "AccountOwnerNotVerifiedException MANAGEMENT_ACCOUNT_EMAIL_NOT_VERIFIED": (
        "Verify the payer's e-mail address: open AWS Organizations in the console as root and click 'Send verification "
        "request', then the link in the mail. Then run the same command again."
    ),
    "ALREADY_IN_AN_ORGANIZATION": (
        "If the account is in this organization already (`orgkit status -o tree` shows its members), there is nothing "
        "to do. If it is in another one, its owner accepts the invitation there and moves over directly, or takes it "
        "out of that organization first. Then run the same command again."
    ),
    _SESSION: "Sign in again, as you did before; then run the same command: it goes on from here.",
    "AWSOrganizationsNotInUseException": "Run `orgkit bootstrap` first.",
    "ConcurrentModificationException PolicyChangesInProgressException": (
        "AWS is at work on another change of the organization, perhaps somebody else's. Wait a minute, then run the "
        "same command."
    ),
    "EntityAlreadyExists": (
        "IAM has something of that name, perhaps under another path or in other case, which to IAM is the same. Choose "
        "other names in the settings: iam.billing_admin, iam.org_admin."
    ),
    "FinalizingOrganizationException": (
        "AWS is still preparing the new organization, which can take up to an hour. Run the same command then."
    ),
    "HANDSHAKE_RATE_LIMIT_EXCEEDED": "Run the same command again tomorrow: it does what is left.",
    _SIGNATURE: (
        "Set the clock of this machine: AWS takes no request that is more than some minutes early or late. If the "
        "clock is right, the secret access key is mistyped: sign in again."
    ),
    "INVALID_EMAIL_ADDRESS_TARGET": "Check the address, or invite the account by its id.",
    _KEY: (
        "If the error came at the beginning, sign in again: the access key was deleted or is mistyped. If it came from "
        "one region only (iam.region in the settings), that region is not enabled: enable it on the Account page, AWS "
        "Regions."
    ),
    "INVITE_DISABLED_DURING_ENABLE_ALL_FEATURES ORGANIZATION_IS_ALREADY_PENDING_ALL_FEATURES_MIGRATION": (
        "The change to all features has begun. Wait until every member has agreed to it."
    ),
    "LEGACY_PERMISSIONS_STILL_IN_USE": "Move the account's policies from aws-portal to the new billing actions first.",
    "LimitExceeded LimitExceededException OU_NUMBER_LIMIT_EXCEEDED POLICY_NUMBER_LIMIT_EXCEEDED": (
        "A quota of the payer account is used up. Raise it in Service Quotas, or delete what is not needed."
    ),
    "MalformedPolicyDocument MalformedPolicyDocumentException": (
        "Correct the policy document that this step names, then run the same command."
    ),
    "MASTER_ACCOUNT_MISSING_BUSINESS_LICENSE": "Submit the business licence of the payer account to AWS first.",
    "MASTER_ACCOUNT_MISSING_CONTACT_INFO": "Fill in address and phone number on the payer's Account page.",
    "MASTER_ACCOUNT_PAYMENT_INSTRUMENT_REQUIRED": "Add a valid payment method to the payer account.",
    "MAX_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED": (
        "Ten SCPs can be attached to one target. Merge two of your own into one, then run the same command again; "
        "leave FullAWSAccess and the SCPs of the settings attached."
    ),
    "ORGANIZATION_ALREADY_HAS_ALL_FEATURES": "Nothing is to be done: the organization has all features.",
    "ORGANIZATION_FROM_DIFFERENT_SELLER_OF_RECORD": (
        "The account is billed by another AWS seller than the payer. It cannot join; ask AWS Support to change its "
        "seller."
    ),
    "ORGANIZATION_MEMBERSHIP_CHANGE_RATE_LIMIT_EXCEEDED": (
        "The account changed organizations too recently. Wait some days, then run the same command again."
    ),
    "ORGANIZATION_NOT_IN_ALL_FEATURES_MODE PolicyTypeNotAvailableForOrganizationException": (
        "Enable all features of the organization; every invited member must agree within 90 days."
    ),
    "PasswordPolicyViolation": (
        "The payer's password policy was changed while orgkit made a password that fits it. Run the same command again."
    ),
    "PAST_DUE_INVOICE": "Pay the account's overdue invoices first.",
    "PAYMENT_INSTRUMENT_REQUIRED": "Add a valid payment method to that account first.",
    "POLICY_CONTENT_LIMIT_EXCEEDED": "Shorten the SCP, or split it into two.",
    "RegionDisabledException": "Enable that region for the payer: Account page, AWS Regions.",
    "RESPONSIBILITY_TRANSFER_ALREADY_EXISTS": "End the account's present billing transfer first.",
    "ServiceException ServiceUnavailable": (f"AWS had an error of its own. {_GO_ON}"),
    "SOURCE_AND_TARGET_CANNOT_MATCH": "The payer cannot be invited into its own organization: leave it out.",
    "TAG_POLICY_VIOLATION": (
        "A tag policy of the organization does not allow these tags. Change `tags` in the settings to what it allows."
    ),
    "TARGET_ACCOUNT_VALIDATION_FAILURE": (
        "AWS could not validate that account. Its owner should complete its sign-up first."
    ),
    "Throttling TooManyRequestsException": (
        "AWS is slowing this account down. Wait a minute, then run the same command."
    ),
    "UnsupportedAPIEndpointException": (
        "AWS Organizations is not offered at this endpoint. Check the region of your profile."
    ),
    "UNUSED_PREPAYMENT_BALANCE": "Use up or refund the account's prepaid balance first (AWS Support can help).",
}
REMEDIES: Final = {code: remedy for codes, remedy in _REMEDIES.items() for code in codes.split()}
"""The same by code or reason."""

# Why AWS refuses an invitation, in plain words: the reasons that AWS's own text leaves to be guessed.
WORDS: Final[Mapping[str, str]] = {
    "ACCOUNT_NUMBER_LIMIT_EXCEEDED": "the organization has as many accounts and open invitations as its quota allows",
    "ALREADY_IN_AN_ORGANIZATION": "is in an organization already: this one or another",
    "AccountOwnerNotVerifiedException": "the payer's e-mail address is not verified",
    "HANDSHAKE_RATE_LIMIT_EXCEEDED": "AWS takes no more invitations today",
    "INVALID_EMAIL_ADDRESS_TARGET": "AWS does not take this address",
    "INVITE_DISABLED_DURING_ENABLE_ALL_FEATURES": "the organization is being changed to all features",
    "LEGACY_PERMISSIONS_STILL_IN_USE": "still uses permissions that AWS has retired",
    "MANAGEMENT_ACCOUNT_EMAIL_NOT_VERIFIED": "the payer's e-mail address is not verified",
    "ORGANIZATION_ALREADY_HAS_ALL_FEATURES": "the organization has all features already",
    "ORGANIZATION_FROM_DIFFERENT_SELLER_OF_RECORD": "is billed by another AWS seller, or in another AWS partition",
    "ORGANIZATION_IS_ALREADY_PENDING_ALL_FEATURES_MIGRATION": "the organization is being changed to all features",
    "ORGANIZATION_MEMBERSHIP_CHANGE_RATE_LIMIT_EXCEEDED": "has changed organizations too recently",
    "PAST_DUE_INVOICE": "has an overdue invoice",
    "PAYMENT_INSTRUMENT_REQUIRED": "has no payment method",
    "RESPONSIBILITY_TRANSFER_ALREADY_EXISTS": "takes part in a billing transfer already",
    "SOURCE_AND_TARGET_CANNOT_MATCH": "is the payer itself",
    "TARGET_ACCOUNT_VALIDATION_FAILURE": "could not be validated by AWS",
    "UNUSED_PREPAYMENT_BALANCE": "has an unused prepaid balance",
}

# The same for calls that AWS did not answer, by botocore's exceptions.
UNANSWERED: Final[Mapping[str, str]] = {
    "EndpointConnectionError": (
        "Check the network, and that the region exists (iam.region in the settings, AWS_REGION, your profile). Then "
        "run the same command: it goes on."
    ),
    "ProxyConnectionError": "Check the proxy that HTTPS_PROXY names. Then run the same command: it goes on.",
    "SSLError": (
        "Something on the way, such as a company's proxy, opens encrypted connections with a certificate of its own. "
        "Name that certificate's file in AWS_CA_BUNDLE; then run the same command: it goes on."
    ),
}


def remedy_of(code: str, reason: str = "") -> str:
    """What to do about an AWS error: the advice for its reason, else for its code, else to run again."""
    return REMEDIES.get(reason.partition(":")[0]) or REMEDIES.get(code) or _GO_ON


def remedy_of_silence(failure: Exception) -> str:
    """What to do about a call that AWS did not answer, by what botocore raised or by what that is an example of."""
    names = (kind.__name__ for kind in type(failure).__mro__)
    return next((UNANSWERED[name] for name in names if name in UNANSWERED), _NETWORK)


def how_to_install(extra: str) -> str:
    """The command that adds an extra to orgkit, for each way to install it; quoted for any shell.

    It names the wheel: whoever claimed the name on a package index would run with the payer's credentials.
    """
    wheel = f"dist/orgkit-{__version__}-py3-none-any.whl[{extra}]"
    return (
        "Install it from the wheel or the checkout that you installed orgkit from, not by name:\n\n"
        f'  pip install "{wheel}"\n'
        f'  pipx install --force "{wheel}"\n'
        f'  uv tool install "{wheel}"'
    )


def remedies() -> Iterator[tuple[list[str], str]]:
    """Every remedy, in the order of the first of AWS's codes and reasons that it is for."""
    for codes, remedy in _REMEDIES.items():
        yield codes.split(), remedy


def words_of(error: OrgkitError) -> str:
    """What went wrong in plain words, where AWS's own are not; else the error's message."""
    if not isinstance(error, AwsError):
        return error.message
    return WORDS.get(error.reason) or WORDS.get(error.code) or error.message
