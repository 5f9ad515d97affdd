"""Where moto sends the requests that CloudFormation gets. The names are moto's convention for a service."""

from __future__ import annotations

from orgkit.sandbox.cloudformation.responses import CloudFormationResponse

url_bases = [r"https?://cloudformation\.(.+)\.amazonaws\.com"]

url_paths = {"{0}/$": CloudFormationResponse.dispatch}
