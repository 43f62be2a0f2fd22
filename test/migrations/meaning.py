"""What the migrations mean, said once more: what must stand when all are deployed, and how to ask for it."""

from __future__ import annotations

from typing import Any

from databricks.sdk import WorkspaceClient
from databricks.sdk.service import sharing
from helpers import share_grants
from psql import Session

Facts = dict[str, Any]


def _filter(column: str, value: str | None = None, recipient_property: str | None = None) -> list[Any]:
    condition: Facts = {"name": column, "op": "EQUAL"}
    condition |= {"value": value} if value else {"recipient_property_key": recipient_property}
    return [{"values": [condition]}]


def _object(name: str, **fields: Any) -> Facts:
    defaults: Facts = {
        "type": "TABLE",
        "shared_as": name.removeprefix("main."),
        "comment": None,
        "history": True,
        "cdf": False,
        "partitions": None,
    }
    return {**defaults, **fields}


_PARTNER = {
    "main.sales.orders": _object("main.sales.orders", shared_as="public.orders", comment="Orders since 2020"),
    "main.sales.daily": _object(
        "main.sales.daily",
        shared_as="public.daily",
        history=False,
        cdf=True,
        partitions=_filter("region", recipient_property="country"),
    ),
}
_TENANT = {name: _object(name) for name in ("main.sales.orders", "main.sales.customers")}

EXPECTED: dict[str, Facts] = {
    "shares": {
        "partner_sales": {"comment": "Sales for partners", "owner": "data_stewards"},
        "staff": {"comment": "For our own staff", "owner": None},
        "analytics": {"comment": "Declared: figures for analysts", "owner": None},
        "globex_share": {"comment": "Data share for globex", "owner": None},
        "initech_share": {"comment": "Data share for initech", "owner": None},
    },
    "objects": {
        "partner_sales": _PARTNER,
        "staff": {
            "main.hr.people": _object(
                "main.hr.people",
                shared_as="staff.people",
                partitions=_filter("country", recipient_property="country"),
            ),
            "main.sales.orders_view": _object("main.sales.orders_view", type="VIEW", history=False),
        },
        "analytics": {
            "main.sales.orders": _object("main.sales.orders"),
            "main.sales.daily": _object(
                "main.sales.daily", shared_as="figures.daily", history=False, partitions=_filter("region", "EMEA")
            ),
        },
        "globex_share": _TENANT,
        "initech_share": _TENANT,
    },
    "recipients": {
        "acme": {
            "type": "TOKEN",
            "comment": "ACME SE",
            "owner": "data_stewards",
            "addresses": ["198.51.100.0/24"],
            "properties": {"country": "AT", "email": "data@acme.example"},
        },
        "sister_company": {
            "type": "DATABRICKS",
            "comment": None,
            "owner": None,
            "addresses": [],
            "properties": {"country": "AT"},
        },
        "analyst": {
            "type": "TOKEN",
            "comment": "Declared",
            "owner": None,
            "addresses": [],
            "properties": {"country": "DE"},
        },
    }
    | {
        name: {
            "type": "TOKEN",
            "comment": f"Recipient for {name}",
            "owner": None,
            "addresses": [],
            "properties": {"email": email},
        }
        for name, email in {"globex": "data@globex.example", "initech": "it@initech.example"}.items()
    },
    "grants": {
        "partner_sales": {"acme": ["SELECT"], "sister_company": ["SELECT"]},
        "staff": {"sister_company": ["SELECT"]},
        "analytics": {"analyst": ["SELECT"]},
        "globex_share": {"globex": ["SELECT"]},
        "initech_share": {"initech": ["SELECT"]},
    },
}


def _named_owner(owner: str | None) -> str | None:
    """Nobody named the others: they are whoever migrates."""
    return owner if owner in ("data_owners", "data_stewards") else None


def _own(properties: dict[str, str] | None) -> dict[str, str]:
    """Without those that the platform adds."""
    return {key: value for key, value in (properties or {}).items() if not key.startswith("databricks.")}


def read_with_sdk(sdk: WorkspaceClient) -> dict[str, Facts]:
    """The workspace as the official client finds it."""
    found: dict[str, Facts] = {"shares": {}, "objects": {}, "recipients": {}, "grants": {}}
    for name in [share.name for share in sdk.shares.list_shares() if share.name]:
        share = sdk.shares.get(name, include_shared_data=True)
        found["shares"][name] = {"comment": share.comment, "owner": _named_owner(share.owner)}
        found["objects"][name] = {
            entry.name: {
                "type": entry.data_object_type.value,
                "shared_as": entry.shared_as,
                "comment": entry.comment or None,
                "history": entry.history_data_sharing_status == sharing.SharedDataObjectHistoryDataSharingStatus.ENABLED,
                "cdf": bool(entry.cdf_enabled),
                "partitions": [partition.as_dict() for partition in entry.partitions or []] or None,
            }
            for entry in share.objects or []
        }
        found["grants"][name] = share_grants(sdk, name)
    for recipient in [sdk.recipients.get(listed.name) for listed in sdk.recipients.list() if listed.name]:
        addresses = recipient.ip_access_list.allowed_ip_addresses if recipient.ip_access_list else None
        properties = recipient.properties_kvpairs.properties if recipient.properties_kvpairs else None
        found["recipients"][recipient.name] = {
            "type": recipient.authentication_type.value,
            "comment": recipient.comment or None,
            "owner": _named_owner(recipient.owner),
            "addresses": sorted(addresses or []),
            "properties": _own(properties),
        }
    return found


def read_with_sql(session: Session) -> dict[str, Facts]:
    """The same through the foreign tables."""
    found: dict[str, Facts] = {"shares": {}, "objects": {}, "recipients": {}, "grants": {}}
    for row in session.rows("SELECT name, comment, owner FROM sharing.shares"):
        found["shares"][row["name"]] = {"comment": row["comment"], "owner": _named_owner(row["owner"])}
    for row in session.rows("SELECT * FROM sharing.share_objects"):
        found["objects"].setdefault(row["share_name"], {})[row["name"]] = {
            "type": row["data_object_type"],
            "shared_as": row["shared_as"],
            "comment": row["comment"],
            "history": row["history_data_sharing_status"] == "ENABLED",
            "cdf": bool(row["cdf_enabled"]),
            "partitions": row["partitions"],
        }
    for row in session.rows("SELECT * FROM sharing.recipients"):
        found["recipients"][row["name"]] = {
            "type": row["authentication_type"],
            "comment": row["comment"],
            "owner": _named_owner(row["owner"]),
            "addresses": sorted(row["ip_access_list"] or []),
            "properties": _own(row["properties"]),
        }
    for row in session.rows("SELECT share_name, recipient_name, privilege FROM sharing.grants"):
        found["grants"].setdefault(row["share_name"], {}).setdefault(row["recipient_name"], []).append(row["privilege"])
    return found


def differences(found: Any, expected: Any, path: str = "") -> list[str]:
    """Where two facts differ, a line for each place."""
    if isinstance(found, dict) and isinstance(expected, dict):
        keys = sorted(found.keys() | expected.keys())
        return [line for key in keys for line in differences(found.get(key), expected.get(key), f"{path}/{key}")]
    return [] if found == expected else [f"{path}: {found!r}, not {expected!r}"]
