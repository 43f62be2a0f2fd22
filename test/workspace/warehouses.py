"""SQL warehouses: their states, and how a stopped one starts."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .errors import ApiError, invalid

if TYPE_CHECKING:
    from .world import World

DEFAULT_ID = "0123456789abcdef"
STATES = ("STARTING", "RUNNING", "STOPPING", "STOPPED", "DELETING", "DELETED")


@dataclass
class Warehouse:
    """A warehouse; `start_s` is how long its start takes."""

    id: str
    name: str
    state: str = "RUNNING"
    start_s: float = 0.5
    starting: asyncio.Task[None] | None = None

    def info(self) -> dict[str, Any]:
        """EndpointInfo."""
        return {
            "id": self.id,
            "name": self.name,
            "cluster_size": "2X-Small",
            "min_num_clusters": 1,
            "max_num_clusters": 1,
            "num_clusters": 1 if self.state == "RUNNING" else 0,
            "num_active_sessions": 0,
            "auto_stop_mins": 120,
            "creator_name": "admin@example.com",
            "spot_instance_policy": "COST_OPTIMIZED",
            "enable_photon": True,
            "enable_serverless_compute": False,
            "warehouse_type": "PRO",
            "state": self.state,
            "health": {"status": "HEALTHY" if self.state == "RUNNING" else "STATUS_UNSPECIFIED"},
        }


class Warehouses:
    """All warehouses of a workspace."""

    def __init__(self, world: World):
        self.world = world
        self.by_id = {
            warehouse.id: warehouse
            for warehouse in (Warehouse(DEFAULT_ID, "test-warehouse"), Warehouse("fedcba9876543210", "other-warehouse"))
        }

    def find(self, warehouse_id: str) -> Warehouse:
        """The warehouse, or the platform's refusal."""
        found = self.by_id.get(warehouse_id)
        if found is not None and found.state != "DELETED":
            return found
        if len(warehouse_id) != 16 or set(warehouse_id) - set("0123456789abcdef"):
            raise invalid(f"{warehouse_id} is not a valid endpoint id.")
        raise ApiError("RESOURCE_DOES_NOT_EXIST", f"SQL warehouse {warehouse_id} does not exist.", 404)

    def change(self, given: dict[str, Any]) -> Warehouse:
        """Make or change one: {"id", "name", "state", "start_s"}."""
        unknown = set(given) - {"id", "name", "state", "start_s"}
        if unknown:
            raise invalid(f"unknown field of a warehouse: {', '.join(sorted(unknown))}")
        if given.get("state", "RUNNING") not in STATES:
            raise invalid(f"state: one of {', '.join(STATES)}")
        warehouse_id = given.get("id", DEFAULT_ID)
        warehouse = self.by_id.setdefault(warehouse_id, Warehouse(warehouse_id, f"warehouse-{warehouse_id}"))
        for name, value in given.items():
            setattr(warehouse, name, value)
        return warehouse

    def start(self, warehouse: Warehouse) -> asyncio.Task[None] | None:
        """Start a stopped one; None if it runs. One that a test put into STARTING stays there until told otherwise."""
        if warehouse.state == "RUNNING":
            return None
        if warehouse.starting is None or warehouse.starting.done():
            wait_only = warehouse.state == "STARTING"
            warehouse.starting = asyncio.get_running_loop().create_task(self._start(warehouse, wait_only))
        return warehouse.starting

    async def _start(self, warehouse: Warehouse, wait_only: bool) -> None:
        if not wait_only:
            warehouse.state = "STARTING"
            await asyncio.sleep(warehouse.start_s)
            if warehouse.state == "STARTING":
                warehouse.state = "RUNNING"
        while warehouse.state == "STARTING":
            await asyncio.sleep(0.02)

    async def ready(self, warehouse_id: str) -> None:
        """Wait until the warehouse runs."""
        start = self.start(self.find(warehouse_id))
        if start is not None:
            await asyncio.shield(start)
