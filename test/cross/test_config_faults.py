"""apply_config() meets a fault at every request, one run each: all is as before, or a warning names what is not."""

from __future__ import annotations

from typing import Any

import pytest
from psql import Session, SqlError, call
from servers import AddServer

from workspace.client import Workspace

BEFORE = """
shares:
  - name: kept
    comment: As it was
    tables:
      - {name: main.sales.orders, alias: public.orders, comment: Orders}
      - {name: main.sales.daily, comment: Daily, partitions: [{values: [{name: region, value: EU}]}]}
      - main.sales.customers
  - {name: dropped, tables: [main.sales.invoices]}
recipients:
  - {name: first, comment: First, properties: {country: DE}}
  - {name: second}
  - {name: leaving}
grants:
  - {share: kept, recipient: first}
  - {share: kept, recipient: second}
  - {share: dropped, recipient: leaving}
"""
AFTER = """
shares:
  - name: kept
    comment: As it is now
    tables:
      - {name: main.sales.orders, alias: public.other}
      - {name: main.sales.daily, comment: "", partitions: null}
      - {name: main.sales.orders_view, type: VIEW}
  - {name: added, tables: [main.sales.orders, main.sales.daily]}
recipients:
  - {name: first, properties: {country: AT}}
  - {name: second}
  - {name: third}
grants:
  - {share: kept, recipient: third}
  - {share: added, recipient: first}
  - {share: added, recipient: third}
"""
FAULTS: list[dict[str, Any]] = [
    {"kind": "status", "status": 500, "when": "before"},
    {"kind": "status", "status": 500, "when": "after"},
    {"kind": "close", "when": "after"},
]


def change(workspace: Workspace, sql: Session) -> dict[str, Any]:
    """Start anew, from BEFORE; returns the state."""
    workspace.reset()
    sql.call("apply_config", BEFORE, prune=True)
    workspace.control("DELETE", "log")
    return workspace.dump(stable=True)


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: f"{fault['kind']} {fault['when']}")
def test_a_fault_at_every_request(
    sql: Session, workspace: Workspace, add_server: AddServer, fault: dict[str, Any]
) -> None:
    """Nothing is left behind that is not named."""
    add_server("strict", retry_timeout="0")
    change(workspace, sql)
    made = sql.call("apply_config", AFTER, prune=True)
    assert {row["action"] for row in made} == {"create", "update", "replace", "delete"}
    methods = [entry["method"] for entry in workspace.log()]
    assert len(methods) > 20

    for number, method in enumerate(methods):
        before = change(workspace, sql)
        workspace.fault(**fault, skip=number, count=1)
        try:
            sql.run(call("apply_config", AFTER, prune=True))
        except SqlError:
            if workspace.dump(stable=True) != before:
                # a creation that was not answered may be another client's, and a drop is not taken back
                assert method in ("POST", "DELETE") and "WARNING:" in sql.notices, number
        else:  # what may be asked twice is, over a new connection
            assert fault["kind"] == "close"
            assert sql.call("plan_config", AFTER, prune=True) == [], number
        workspace.control("DELETE", "faults")
