"""A page for each party: what is left to do, how to begin, who may do what, and what to do when it is denied."""

from orgkit.report.handover.findings import Party, owner_page, page
from orgkit.report.handover.page import html, markdown

__all__ = ["Party", "html", "markdown", "owner_page", "page"]
