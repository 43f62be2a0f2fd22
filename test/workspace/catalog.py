"""The seeded catalog: the tables, views and other objects that can be shared."""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass, field, fields
from typing import Any

from .errors import invalid

TABLE_KINDS = {
    "MANAGED": "TABLE",
    "EXTERNAL": "TABLE",
    "MANAGED_SHALLOW_CLONE": None,
    "VIEW": "VIEW",
    "MATERIALIZED_VIEW": "MATERIALIZED_VIEW",
    "STREAMING_TABLE": "STREAMING_TABLE",
    "FOREIGN": "FOREIGN_TABLE",
    "METRIC_VIEW": None,
}
OTHER_KINDS = ("VOLUME", "MODEL", "FUNCTION", "FEATURE_SPEC")
LONG_AGO = 1_700_000_000_000
# Spark's name of a type, by type_name of the API; what is not here is its own name, in lower case
_TYPE_TEXTS = {"LONG": "bigint", "SHORT": "smallint", "BYTE": "tinyint", "DECIMAL": "decimal(10,0)", "NULL": "void"}


@dataclass
class Table:
    """A table, view, volume, model or function. `table_type` None: not a table, see `kind`."""

    full_name: str
    table_type: str | None = "MANAGED"
    kind: str | None = None  # VOLUME, MODEL, FUNCTION, FEATURE_SPEC; None for tables
    columns: list[dict[str, Any]] = field(default_factory=list)
    owner: str = "data-owners"
    comment: str | None = None
    data_source_format: str | None = "DELTA"
    view_definition: str | None = None
    properties: dict[str, str] = field(default_factory=dict)
    current_version: int = 10
    deletion_vectors: bool = False
    column_mapping: bool = False
    liquid_clustering: bool = False
    change_data_feed: bool = False
    row_filter: dict[str, Any] | None = None
    owner_has_select: bool = True  # False: adding is refused, and what is shared turns PERMISSION_DENIED
    rows: list[dict[str, Any]] = field(default_factory=list)  # what a statement reads, values by column
    tags: dict[str, str] = field(default_factory=dict)
    column_tags: dict[str, dict[str, str]] = field(default_factory=dict)  # by column
    dependencies: list[str] | None = None  # what a view reads, as far as it is known
    id: str | None = None  # of what was made by a statement; None: see table_id()
    created_at: int = LONG_AGO
    created_by: str | None = None  # None: the owner
    updated_at: int = LONG_AGO
    updated_by: str | None = None

    @property
    def shared_type(self) -> str | None:
        """The data_object_type under which this can be shared; None: cannot be."""
        return self.kind if self.table_type is None else TABLE_KINDS.get(self.table_type)

    @property
    def partition_columns(self) -> list[str]:
        """The partition columns in order."""
        marked = [column for column in self.columns if column.get("partition_index") is not None]
        return [column["name"] for column in sorted(marked, key=lambda column: column["partition_index"])]

    def parts(self) -> tuple[str, str, str]:
        """Catalog, schema and name."""
        catalog, schema, name = self.full_name.split(".", 2)
        return catalog, schema, name

    def table_id(self) -> str:
        """An identifier: of its own, or one that depends on the name alone."""
        if self.id is not None:
            return self.id
        crc = f"{zlib.crc32(self.full_name.encode()):08x}"
        return f"{crc}-0000-4000-8000-{crc}{crc[:4]}"


def column(name: str, kind: str = "STRING", partition: int | None = None, **more: Any) -> dict[str, Any]:
    """A column in the API's form, without its position; `kind` may have arguments, e.g. DECIMAL(18,2)."""
    base = re.split("[(<]", kind)[0]
    text = _TYPE_TEXTS.get(kind) or _TYPE_TEXTS.get(base, base.lower()).split("(")[0] + kind[len(base) :].lower()
    value = {"name": name, "type_text": text, "type_name": base, "nullable": True, **more}
    if base == "DECIMAL":
        precision, scale = re.findall(r"\d+", value["type_text"])
        value.update(type_precision=int(precision), type_scale=int(scale))
    if partition is not None:
        value["partition_index"] = partition
    return value


class Catalog:
    """Tables by lower-case full name; schemas exist through their tables or because a test added them."""

    def __init__(self) -> None:
        self.tables: dict[str, Table] = {}
        self.schemas: set[str] = set()
        for table in _seed():
            self.add(table)

    def add(self, table: Table) -> None:
        """Enter a table, replacing one of the same name."""
        table.full_name = table.full_name.lower()
        if table.full_name.count(".") != 2:
            raise invalid(f"'{table.full_name}' is not a name of three parts")
        for position, entry in enumerate(table.columns):
            entry.setdefault("position", position)
        self.tables[table.full_name] = table
        self.schemas.add(table.full_name.rsplit(".", 1)[0])

    def add_from(self, values: dict[str, Any]) -> Table:
        """Enter a table given as JSON; columns may be names only."""
        known = {entry.name for entry in fields(Table)}
        unknown = set(values) - known
        if unknown or "full_name" not in values:
            raise invalid(
                f"a table has full_name and any of {', '.join(sorted(known))}; not {', '.join(sorted(unknown))}"
            )
        table = Table(**values)
        table.columns = [
            column(entry) if isinstance(entry, str) else column(**_renamed(entry)) for entry in table.columns
        ]
        if table.kind is not None:
            table.table_type = None
        set_rows(table, table.rows)
        self.add(table)
        return table

    def find(self, full_name: str) -> Table | None:
        """The table of this name."""
        return self.tables.get(full_name.lower())

    def remove(self, full_name: str) -> bool:
        """Forget a table; whether there was one. Shares that hold it keep their entry, its schema stays."""
        return self.tables.pop(full_name.lower(), None) is not None

    def in_schema(self, catalog: str, schema: str) -> list[Table]:
        """The tables of a schema."""
        prefix = f"{catalog}.{schema}.".lower()
        return [table for name, table in self.tables.items() if name.startswith(prefix) and table.table_type]


def set_rows(table: Table, rows: list[Any]) -> None:
    """Give a table its rows, each a list or an object. A value is what Spark reads from JSON: text for most types."""
    if rows and (table.table_type in (None, "VIEW") or table.row_filter or any("mask" in c for c in table.columns)):
        raise invalid(f"'{table.full_name}': rows are for tables without row filter and column mask")
    names = [entry["name"] for entry in table.columns]
    taken = []
    for row in rows:
        if isinstance(row, list) and len(row) != len(names):
            raise invalid(f"'{table.full_name}' has {len(names)} columns, a row {len(row)} values")
        named = dict(zip(names, row, strict=True)) if isinstance(row, list) else dict(row)
        if set(named) - set(names):
            raise invalid(f"'{table.full_name}' has no column {', '.join(sorted(set(named) - set(names)))}")
        taken.append(named)
    table.rows = taken


def _renamed(entry: dict[str, Any]) -> dict[str, Any]:
    """A column given in the API's own field names."""
    value = dict(entry)
    if "type_name" in value:
        value["kind"] = value.pop("type_name")
    if "partition_index" in value:
        value["partition"] = value.pop("partition_index")
    return value


def _plain(*names: str) -> list[dict[str, Any]]:
    return [column(name) for name in names]


def _seed() -> list[Table]:
    """What every fresh workspace holds: two business schemas with one table per sharing rule, and the names of the examples."""
    daily = [
        column("day", "DATE", partition=0),
        column("region", partition=1),
        column("amount", "DECIMAL(18,2)"),
        column("tenant"),
    ]
    seed = [
        Table(
            "main.sales.orders",
            columns=[column("order_id", "LONG"), column("customer_id", "LONG"), column("amount", "DECIMAL(18,2)")],
        ),
        Table("main.sales.customers", columns=_plain("customer_id", "customer_name", "email")),
        Table("main.sales.daily", columns=daily, change_data_feed=True),
        Table("main.sales.invoices", columns=_plain("invoice_id"), table_type="EXTERNAL"),
        Table(
            "main.sales.orders_view",
            columns=_plain("order_id"),
            table_type="VIEW",
            view_definition="SELECT order_id FROM main.sales.orders",
        ),
        Table("main.sales.orders_mv", columns=_plain("order_id"), table_type="MATERIALIZED_VIEW"),
        Table("main.sales.clicks", columns=_plain("click_id"), table_type="STREAMING_TABLE"),
        Table("main.sales.legacy", columns=_plain("id"), table_type="FOREIGN", data_source_format="POSTGRESQL_FORMAT"),
        Table("main.sales.metrics", columns=_plain("measure"), table_type="METRIC_VIEW"),
        Table("main.sales.with_vectors", columns=_plain("id"), deletion_vectors=True),
        Table("main.sales.with_mapping", columns=_plain("id"), column_mapping=True),
        Table(
            "main.sales.clustered", columns=[column("id"), column("day", "DATE", partition=0)], liquid_clustering=True
        ),
        Table(
            "main.sales.filtered",
            columns=_plain("id"),
            row_filter={"function_name": "main.sales.only_mine", "input_column_names": ["id"]},
        ),
        Table("main.sales.clone", columns=_plain("id"), table_type="MANAGED_SHALLOW_CLONE"),
        Table("main.sales.forbidden", columns=_plain("id"), owner_has_select=False),
        Table("main.sales.files", table_type=None, kind="VOLUME"),
        Table("main.sales.churn", table_type=None, kind="MODEL"),
        Table("main.sales.to_euro", table_type=None, kind="FUNCTION"),
        Table(
            "main.hr.people",
            columns=[
                column("person_id", "LONG"),
                column("name"),
                column("country", partition=0),
                column("salary", "DECIMAL(18,2)"),
            ],
        ),
        Table(
            "main.hr.payroll",
            columns=[*_plain("person_id"), column("salary", "DECIMAL(18,2)", mask={"function_name": "main.hr.mask"})],
        ),
        Table(
            "main.hr.people_view",
            columns=_plain("person_id"),
            table_type="VIEW",
            view_definition="SELECT person_id FROM main.hr.people",
        ),
        Table("catalog.schema.customer_metrics", columns=_plain("customer_id", "metric")),
        Table("catalog.schema.product_sales", columns=_plain("product_id", "sales")),
        Table(
            "catalog.schema.silver_customer_data",
            columns=_plain("customer_id", "tenant_id", "customer_name", "email", "created_date"),
        ),
        Table(
            "catalog.schema.silver_customer_data_acme_view",
            columns=_plain("customer_id", "tenant_id"),
            table_type="VIEW",
            view_definition="SELECT * FROM silver_customer_data WHERE tenant_id = 'acme'",
        ),
    ]
    names = ("customer_metrics", "product_performance", "sales_summary")
    return seed + [Table(f"catalog.analytics.{name}", columns=_plain("id", "value")) for name in names]
