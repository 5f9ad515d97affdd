"""Where moto sends the requests that IAM gets. The names are moto's convention for a service."""

from __future__ import annotations

from moto.iam.urls import url_bases

from orgkit.sandbox.iam.responses import IamResponse

__all__ = ["url_bases", "url_paths"]

url_paths = {"{0}/$": IamResponse.dispatch}
