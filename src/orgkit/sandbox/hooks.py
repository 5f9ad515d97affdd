"""Where the sandbox takes the place of what moto has: every class and module of moto that it changes.

The rooms say what AWS does; this module alone changes moto. moto looks most of it up when a call comes, so
what is put there counts at once, in moto's server too.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from threading import RLock
from typing import Any

import botocore.loaders
import botocore.session
from moto import backends
from moto.core import errors
from moto.core import loaders as moto_loaders
from moto.core import models as moto_core
from moto.core import responses as moto_responses
from moto.core import utils as moto_utils
from moto.core.authorization import ActionAuthenticatorMixin
from moto.core.base_backend import BackendDict
from moto.core.botocore_stubber import BotocoreStubber
from moto.core.responses import BaseResponse
from moto.core.serialize import BaseXMLSerializer, QuerySerializer, ResponseSerializer
from moto.core.utils import camelcase_to_underscores
from moto.iam import models as iam_models
from moto.iam.responses import IamResponse
from moto.organizations import models as organizations_models
from moto.organizations.responses import OrganizationsResponse
from moto.sts import models as sts_models
from moto.sts.responses import TokenResponse

from orgkit.sandbox import clock, handshakes, organizations, quick
from orgkit.sandbox.authorization import billing_services, callers, enforcement
from orgkit.sandbox.cloudformation.backend import cloudformation_backends
from orgkit.sandbox.iam.backend import Backend, permissions_boundary, with_user_id
from orgkit.sandbox.iam.permissions import boundary_uses
from orgkit.sandbox.organizations.answering import answers
from orgkit.sandbox.organizations.state import forget_members
from orgkit.sandbox.simulator import operations as simulator


@cache
def install() -> None:
    """Change moto in this process, for good. Calling it again changes nothing.

    What an IAM of moto's own held until now is forgotten.
    """
    _share_models()
    _take_requests()
    _answer_quickly()
    _know_callers()
    _have_services()


def _share_models() -> None:
    """botocore's models, which take a while to read, are read once for every session, and for moto.

    moto adds to the models of some other services what it needs of its own.
    """
    loader_of = cache(botocore.loaders.create_loader)

    def create_loader(search_path: str | None = None) -> botocore.loaders.Loader:
        loader = loader_of(search_path)
        loader.search_paths[:] = dict.fromkeys(loader.search_paths)  # every session adds its own folder
        return loader

    for module in (botocore.loaders, botocore.session):
        _replace(module, create_loader=create_loader)
    shared = frozenset(("organizations", "iam", "sts", "cloudformation"))

    def load(service: str, kind: str) -> Any:
        reader = create_loader() if service in shared else moto_loaders.create_loader()
        return reader.load_service_model(service, kind)

    _replace(moto_utils, _load_service_model=load)


def _take_requests() -> None:
    """Services that moto lacks are answered, and calls wait for each other, as they do in the server.

    AWS answers many callers at once. moto's backends are plain objects without locks, and orgkit reads side by side.
    """
    in_turn, process_request = RLock(), billing_services.in_process(quick.routed(BotocoreStubber.process_request))

    def process(self: BotocoreStubber, request: Any) -> Any:
        with in_turn:
            return process_request(self, request)

    _replace(BotocoreStubber, process_request=process)
    _replace(moto_core, RESPONSES_METHODS=[])  # which take moto 5 ms at every start, for callers without botocore


def _answer_quickly() -> None:
    """What moto takes long for, done in less time."""
    _replace(BackendDict, __getitem__=quick.account)
    _replace(ResponseSerializer, get_value=quick.value_of(ResponseSerializer.get_value))
    _replace(BaseXMLSerializer, _serialize_body=quick.written)
    _replace(QuerySerializer, _serialize_result=quick.result_of(QuerySerializer._serialize_result))
    _replace(BaseResponse, _enrich_response=staticmethod(quick.with_request_id))


def _know_callers() -> None:
    """The account, the identity, the validity and the permissions of every caller, for every service."""
    call_action = callers.checking_key(BaseResponse.call_action)
    _replace(moto_responses, method_names_from_class=cache(moto_utils.method_names_from_class))  # asked at every call
    _replace(BaseResponse, access_key_regex=callers.ACCESS_KEY, call_action=call_action)
    _replace(ActionAuthenticatorMixin, _authenticate_and_authorize_normal_action=enforcement.authorize)
    # AWS has these two errors in every service, and no service model lists them.
    errors.COMMON_ERROR_CODES.extend(("AccessDenied", "AccessDeniedException"))
    _replace(iam_models, get_account_id_from=callers.account_of)
    _replace(sts_models.STSBackend, get_caller_identity=callers.get_caller_identity)
    assume_role = callers.of_existing_role(TokenResponse.assume_role)
    _replace(
        TokenResponse,
        assume_role=assume_role,
        assume_root=callers.assume_root,
        get_session_token=callers.get_session_token,
    )


def _have_services() -> None:
    """Organizations, IAM and CloudFormation as the rooms have them, by the sandbox's clock."""
    for module in (organizations_models, sts_models):
        _replace(module, utcnow=clock.now)
    operations = answers({**organizations.OPERATIONS, **handshakes.OPERATIONS})
    _replace(OrganizationsResponse, **_by_method(operations))
    _replace(organizations_models.OrganizationsBackendDict, clear=forget_members)

    iam_models.iam_backends.backend = Backend
    iam_models.iam_backends.clear()
    _replace(IamResponse, **_by_method(simulator.OPERATIONS))
    # moto's answers read what they tell of a user from attributes named like AWS's members.
    _replace(iam_models.User, __init__=with_user_id(iam_models.User.__init__))
    _replace(iam_models.User, permissions_boundary=property(permissions_boundary))
    _replace(iam_models.ManagedPolicy, permissions_boundary_usage_count=property(boundary_uses))

    others = backends.get_backend
    _replace(backends, get_backend=lambda name: cloudformation_backends if name == "cloudformation" else others(name))


def _by_method(operations: Mapping[str, Callable[..., Any]]) -> dict[str, Callable[..., Any]]:
    return {camelcase_to_underscores(name): operation for name, operation in operations.items()}


def _replace(owner: Any, **replacements: Any) -> None:
    """Put these in the place of what a class or module of moto has under their names."""
    for name, value in replacements.items():
        setattr(owner, name, value)
