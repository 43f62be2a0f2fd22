"""/sql/warehouses: list, get and start."""

from __future__ import annotations

from typing import Any

from .pagination import page
from .routing import Call, route
from .validate import query_int, query_text, record, text

_PATH = "/api/2.0/sql/warehouses"


@route("GET", _PATH, query={"page_size": query_int, "page_token": query_text, "run_as_user_id": query_int})
def list_warehouses(call: Call) -> Any:
    """All that are not deleted."""
    seen = [entry for entry in call.world.warehouses.by_id.values() if entry.state != "DELETED"]
    return page(
        call, "warehouses", seen, lambda entry: entry.id, lambda entry: entry.info(), size_name="page_size"
    )


@route("GET", f"{_PATH}/{{id}}")
def get_warehouse(call: Call) -> Any:
    """One warehouse."""
    return call.world.warehouses.find(call.params["id"]).info()


@route("POST", f"{_PATH}/{{id}}/start", body=record({"id": text}), optional_body=True)
def start_warehouse(call: Call) -> Any:
    """Begin to start it; the answer does not wait."""
    warehouses = call.world.warehouses
    warehouses.start(warehouses.find(call.params["id"]))
    return {}
