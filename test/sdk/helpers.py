"""What several tests need."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from typing import Any

from databricks.sdk import WorkspaceClient
from databricks.sdk.service import catalog, sharing

from workspace.client import Workspace

ADMIN = "admin@example.com"
GLOBAL_ID = "aws:eu-west-1:19a84bee-54bc-43a2-87de-023d0ec16016"
USER_AGENT = "test-suite/1.0.0 python/3.11"


class RecentTime:
    """Equals any epoch milliseconds of the last minute."""

    def __eq__(self, other: object) -> bool:
        return type(other) is int and abs(other - time.time() * 1000) < 60_000

    def __repr__(self) -> str:
        return "<a recent time in ms>"


NOW = RecentTime()


def update(action: str, name: str, kind: str = "TABLE", **fields: Any) -> sharing.SharedDataObjectUpdate:
    """One entry of `updates`."""
    return sharing.SharedDataObjectUpdate.from_dict(
        {"action": action, "data_object": {"name": name, "data_object_type": kind, **fields}}
    )


def objects_of(sdk: WorkspaceClient, share: str) -> dict[str, dict[str, Any]]:
    """The objects of a share by name, as the SDK decodes them."""
    info = sdk.shares.get(share, include_shared_data=True)
    return {entry.name: entry.as_dict() for entry in info.objects or []}


def share_grants(sdk: WorkspaceClient, share: str) -> dict[str, list[str]]:
    """Privileges by principal, over all pages: the SDK leaves this loop to its caller."""
    grants: dict[str, list[str]] = {}
    token = None
    while True:
        answer = sdk.shares.share_permissions(share, max_results=0, page_token=token)
        for entry in answer.privilege_assignments or []:
            assert entry.principal not in grants, "one principal on two pages"
            grants[entry.principal or ""] = [privilege.value for privilege in entry.privileges or []]
        token = answer.next_page_token
        if not token:
            return grants


def grant(
    sdk: WorkspaceClient, share: str, recipient: str, *, add: list[str] | None = None, remove: list[str] | None = None
) -> None:
    """Change the grants of a share through the sharing path."""
    sdk.shares.update_permissions(
        share, changes=[sharing.PermissionsChange(principal=recipient, add=add, remove=remove)]
    )


def token_recipient(sdk: WorkspaceClient, name: str, **fields: Any) -> sharing.RecipientInfo:
    """A recipient with a bearer token."""
    return sdk.recipients.create(name, sharing.AuthenticationType.TOKEN, **fields)


def permissions_change(change: dict[str, Any]) -> catalog.PermissionsChange:
    """A change for the general permissions API."""
    return catalog.PermissionsChange.from_dict(change)


@dataclass
class Answer:
    """A raw HTTP answer."""

    status: int
    text: str
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def code(self) -> str:
        """The error code."""
        return str(json.loads(self.text).get("error_code"))

    @property
    def message(self) -> str:
        """The error message."""
        return str(json.loads(self.text).get("message"))


def raw(workspace: Workspace, method: str, path: str, body: Any = None, **headers: str | None) -> Answer:
    """A request by hand, in order unless `headers` say otherwise (None removes; `_` stands for `-`)."""
    chosen: dict[str, str | None] = {
        "Accept": "application/json",
        "User-Agent": USER_AGENT,
        "Authorization": f"Bearer {workspace.token}",
    }
    if body is not None:
        chosen["Content-Type"] = "application/json"
    chosen.update({name.replace("_", "-"): value for name, value in headers.items()})
    data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
    request = urllib.request.Request(workspace.url + path, data, method=method)
    for name, value in chosen.items():
        if value is not None:
            request.add_header(name, value)
    if chosen["User-Agent"] is None:
        request.add_header("User-Agent", "")
    try:
        with urllib.request.urlopen(request, timeout=10) as reply:
            return Answer(reply.status, reply.read().decode(), dict(reply.headers))
    except urllib.error.HTTPError as error:
        return Answer(error.code, error.read().decode(), dict(error.headers))
