"""Declared configuration at size: every attribute of 200 shares on both backends, and 10,000 grants in few requests."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from columns import UC
from databricks.sdk import WorkspaceClient
from psql import Session, call, literal
from servers import create_server

from workspace.client import Workspace

SHARES, RECIPIENTS = 200, 30
ODD_TEXTS = [
    "no",
    "1e3",
    "2024-01-01",
    "~",
    "- a: b # c",
    "it's \"so\" \\ here",
    " spaces ",
    "two\nlines\r\n",
    "é😀\u2028\u0085",
    "%x",
    "@",
]

Row = dict[str, Any]


def count_requests(workspace: Workspace) -> Counter[str]:
    """How often each kind of request was sent since the last call; names of things are left out."""
    kinds: Counter[str] = Counter()
    for entry in workspace.log():
        parts = entry["path"].removeprefix(UC).split("?")[0].strip("/").split("/")
        parts[1:2] = ["*"] * len(parts[1:2])
        kinds[f"{entry['method']} {'/'.join(parts)}"] += 1
    workspace.control("DELETE", "log")
    return kinds


def plan(sql: Session, config: str, **named: Any) -> list[Row]:
    """The rows of plan_config()."""
    return sql.call("plan_config", config, **named)


def apply(sql: Session, config: str, **named: Any) -> list[Row]:
    """The rows of apply_config()."""
    return sql.call("apply_config", config, **named)


def odd_text(number: int) -> str:
    """A text that YAML would like to take for something else."""
    return ODD_TEXTS[number % len(ODD_TEXTS)]


def others(catalog: str, server: str) -> list[Row]:
    """Objects of the other types that a server knows; a notebook cannot be read again."""
    kinds = {"hr": "SCHEMA", "sales.orders_mv": "MATERIALIZED_VIEW", "sales.to_euro": "FUNCTION"}
    kinds |= {"sales.legacy": "FOREIGN_TABLE"}
    if server == "dbx":
        kinds |= {"sales.clicks": "STREAMING_TABLE", "sales.files": "VOLUME", "sales.churn": "MODEL"}
    return [
        {"name": f"{catalog}.{name}", "type": kind, "comment": odd_text(number)}
        for number, (name, kind) in enumerate(kinds.items())
    ]


def share(catalog: str, number: int, owner: str) -> Row:
    """A share in which every attribute is in use."""
    return {
        "name": f"Share_{number:03d}",
        "comment": odd_text(number) + "!",
        "owner": owner,
        "storage_root": f"s3://bucket/{number}",
        "serverless_budget_policy_id": f"policy-{number}",
        "tables": [
            {
                "name": f"{catalog}.sales.orders",
                "alias": f"public.orders_{number}",
                "comment": "~",
                "history": number % 2 == 0,
            },
            {
                "name": f"{catalog}.sales.daily",
                "cdf": True,
                "start_version": 0,
                "partitions": [
                    {
                        "values": [
                            {"name": "region", "value": odd_text(number)},
                            {"name": "day", "op": "LIKE", "value": "2024%"},
                        ]
                    },
                    {"values": [{"name": "region", "recipient_property_key": "region"}]},
                    {"values": [{"name": "region"}]},
                ],
            },
            {"name": f"{catalog}.sales.orders_view", "type": "VIEW", "comment": odd_text(number + 1)},
            f"{catalog}.sales.customers",
        ],
    }


def recipient(number: int, owner: str, expires: str) -> Row:
    """A recipient of one of three kinds, with every attribute that its kind has."""
    common = {"name": f"recipient_{number:03d}", "comment": odd_text(number), "owner": owner}
    properties = {"email": f"r{number}@example.com"} if number % 2 else {odd_text(number): "no"}
    if number % 3 == 0:
        return {
            **common,
            "authentication_type": "TOKEN",
            "ip_access_list": ["192.0.2.0/24", "2001:db8::/32", f"10.0.0.{number % 256}"],
            "properties": {**properties, "region": odd_text(number)},
            "expiration_time": expires,
        }
    if number % 3 == 1:
        sharing_id = f"aws:us-west-2:19a84bee-54bc-43a2-87de-{number:012d}"
        return {**common, "sharing_id": sharing_id, "properties": properties}
    return {**common, "authentication_type": "OIDC_FEDERATION", "email": f"contact{number}@example.com"}


def configuration(server: str, catalog: str, owner: str, expires: str) -> Row:
    """Everything in use, as a JSON document."""
    recipients = [recipient(number, owner, expires) for number in range(RECIPIENTS)]
    shares = [share(catalog, number, owner) for number in range(SHARES)]
    shares[0]["tables"] += others(catalog, server)
    grants = [
        {"share": f"share_{number:03d}", "recipient": f"recipient_{(number + step) % RECIPIENTS:03d}"}
        for number in range(SHARES)
        for step in (0, 7)
    ]
    return {"shares": shares, "recipients": recipients, "grants": grants}


MISSION = """\
shares:
  - name: partner_analytics_share
    comment: Analytics data for partners
    tables:
      - catalog.analytics.customer_metrics
      - catalog.analytics.product_performance
      - catalog.analytics.sales_summary

recipients:
  - name: acme_corp
    comment: ACME Corporation
    authentication_type: TOKEN
    email: data-team@acme.com
  - name: globex_inc
    comment: Globex Inc
    authentication_type: TOKEN
    email: analytics@globex.com

grants:
  - share: partner_analytics_share
    recipient: acme_corp
    permissions: [SELECT]
  - share: partner_analytics_share
    recipient: globex_inc
    permissions: [SELECT]
"""


def times(sql: Session, *days: int) -> list[str]:
    """Times that many days from now, as export_config() writes them."""
    form = 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'
    return [
        sql.value(f"SELECT to_char(now() AT TIME ZONE 'UTC' + interval '{number} days', {literal(form)})")
        for number in days
    ]


@pytest.fixture
def local(sql: Session) -> Iterator[str]:
    """A local server in the database of the tests, with the tables of the workspace's catalog."""
    sql.run(
        "CREATE SERVER here FOREIGN DATA WRAPPER deltashare_fdw; CREATE SCHEMA sales;"
        "CREATE TABLE sales.orders (order_id bigint); CREATE TABLE sales.customers (customer_id text);"
        "CREATE TABLE sales.daily (day date, region text); CREATE VIEW sales.orders_view AS SELECT 1 AS one;"
        "CREATE MATERIALIZED VIEW sales.orders_mv AS SELECT 1 AS one; CREATE SCHEMA hr;"
        "CREATE FUNCTION sales.to_euro() RETURNS int LANGUAGE sql AS 'SELECT 1';"
        "CREATE FOREIGN TABLE sales.legacy (name text) SERVER here OPTIONS (table_name 'shares')"
    )
    yield "here"
    sql.run(
        "RESET ROLE; DELETE FROM deltashare.shares; DELETE FROM deltashare.recipients;"
        "SET client_min_messages = error; DROP SERVER here CASCADE; DROP SCHEMA sales CASCADE;"
        "DROP SCHEMA hr"
    )


@pytest.fixture(params=["databricks", "local"])
def backend(request: pytest.FixtureRequest, sql: Session) -> tuple[str, str, str]:
    """Server, catalog and owner, on either backend."""
    if request.param == "databricks":
        return "dbx", "main", "admin@example.com"
    return request.getfixturevalue("local"), sql.value("SELECT current_database()"), sql.value("SELECT current_user")


def test_everything_round_trips(sql: Session, backend: tuple[str, str, str]) -> None:
    """What is exported plans to nothing, where it came from and, after all was dropped, where it is applied."""
    server, catalog, owner = backend
    sql.run(f"SET deltashare.server = '{server}'")
    (expires,) = times(sql, 90)
    declared = json.dumps(configuration(server, catalog, owner, expires))

    made = apply(sql, declared)
    assert Counter((row["action"], row["kind"]) for row in made) == {
        ("create", "share"): SHARES,
        ("create", "recipient"): RECIPIENTS,
        ("create", "object"): 4 * SHARES + len(others(catalog, server)),
        ("create", "grant"): 2 * SHARES,
    }
    assert plan(sql, declared, prune=True) == []

    exported = sql.value("SELECT deltashare.export_config()")
    assert plan(sql, exported, prune=True) == []
    assert sql.value("SELECT deltashare.export_config()") == exported
    assert "activation" not in exported

    # a fresh place
    emptied = apply(sql, "{shares: [], recipients: []}", prune=True)
    assert Counter((row["action"], row["kind"]) for row in emptied) == {
        ("delete", "share"): SHARES,
        ("delete", "recipient"): RECIPIENTS,
    }
    apply(sql, exported)
    assert plan(sql, exported, prune=True) == []
    assert plan(sql, declared, prune=True) == []
    assert sql.value("SELECT deltashare.export_config()") == exported


@pytest.fixture
def catalog_session(workspace: Workspace) -> Iterator[Session]:
    """A session in a database that is called `catalog`, with two servers that have the tables of MISSION."""
    with closing(Session("postgres")) as administrator:
        administrator.run("CREATE DATABASE catalog TEMPLATE template0 ENCODING 'UTF8'")
        session = Session("catalog")
        try:
            session.run("CREATE EXTENSION deltashare_fdw; CREATE SERVER here FOREIGN DATA WRAPPER deltashare_fdw")
            create_server(session, "dbx", workspace)
            session.run("CREATE SCHEMA analytics")
            for table in re.findall(r"catalog\.(analytics\.\w+)", MISSION):
                session.run(f"CREATE TABLE {table} ()")
                workspace.control("POST", "tables", {"full_name": f"catalog.{table}"})
            yield session
        finally:
            session.close()
            administrator.run("DROP DATABASE catalog WITH (FORCE)")


@pytest.mark.parametrize("server", ["dbx", "here"])
def test_partners_as_they_are_written_by_hand(catalog_session: Session, server: str) -> None:
    """Planned, applied, applied again, changed by hand, exported: the same on both backends."""
    sql = catalog_session
    sql.run(f"SET deltashare.server = '{server}'")
    planned = plan(sql, MISSION)
    assert [(row["ordinal"], row["action"], row["kind"], row["position"]) for row in planned] == [
        (1, "create", "share", "line 2, column 5"),
        (2, "create", "recipient", "line 10, column 5"),
        (3, "create", "recipient", "line 14, column 5"),
        (4, "create", "object", "line 5, column 9"),
        (5, "create", "object", "line 6, column 9"),
        (6, "create", "object", "line 7, column 9"),
        (7, "create", "grant", "line 20, column 5"),
        (8, "create", "grant", "line 23, column 5"),
    ]
    assert apply(sql, MISSION) == planned
    assert apply(sql, MISSION) == plan(sql, MISSION, prune=True) == []
    unchanged = plan(sql, MISSION, unchanged=True)
    assert [(row["ordinal"], row["action"], row["old"], row["new"]) for row in unchanged] == [
        (None, "no change", None, None)
    ] * 8

    sql.call("alter_share", "partner_analytics_share", comment="Changed")
    (drift,) = plan(sql, MISSION, prune=True)
    assert (drift["action"], drift["old"], drift["new"]) == (
        "update",
        {"comment": "Changed"},
        {"comment": "Analytics data for partners"},
    )
    assert apply(sql, MISSION) == [drift]
    exported = sql.value("SELECT deltashare.export_config()")
    assert plan(sql, exported, prune=True) == []
    assert sorted({row["object_name"] for row in unchanged if row["kind"] == "object"}) == [
        "catalog.analytics.customer_metrics",
        "catalog.analytics.product_performance",
        "catalog.analytics.sales_summary",
    ]


def test_each_attribute_is_compared(sql: Session, backend: tuple[str, str, str]) -> None:
    """A change of any single attribute is seen, and nothing else with it."""
    server, catalog, owner = backend
    sql.run(f"SET deltashare.server = '{server}'")
    expires, later = times(sql, 90, 91)
    whole = configuration(server, catalog, owner, expires)
    declared = {"shares": whole["shares"][:1], "recipients": whole["recipients"][:1], "grants": whole["grants"][:1]}
    apply(sql, json.dumps(declared))

    def changed(path: list[Any], value: Any) -> str:
        copy = json.loads(json.dumps(declared))
        item = copy
        for step in path[:-1]:
            item = item[step]
        item[path[-1]] = value
        return json.dumps(copy)

    table, filtered, view = (["shares", 0, "tables", number] for number in range(3))
    one = ["recipients", 0]
    for path, value, column in [
        (["shares", 0, "comment"], "other", "comment"),
        (["shares", 0, "owner"], "somebody", "owner"),
        (["shares", 0, "storage_root"], "s3://other", "storage_root"),
        (["shares", 0, "serverless_budget_policy_id"], "other", "serverless_budget_policy_id"),
        ([*table, "alias"], "public.other", "shared_as"),
        ([*table, "comment"], None, "comment"),
        ([*table, "history"], False, "history_data_sharing_status"),
        ([*filtered, "cdf"], False, "cdf_enabled"),
        ([*filtered, "start_version"], 1, "start_version"),
        ([*filtered, "partitions", 1, "values", 0, "recipient_property_key"], "other", "partitions"),
        ([*view, "type"], "TABLE", "data_object_type"),
        ([*one, "comment"], "other", "comment"),
        ([*one, "owner"], "somebody", "owner"),
        ([*one, "ip_access_list"], ["192.0.2.0/24"], "ip_access_list"),
        ([*one, "properties", "region"], "other", "properties"),
        ([*one, "email"], "x@example.com", "properties"),
        ([*one, "expiration_time"], later, "expiration_time"),
    ]:
        (row,) = plan(sql, changed(path, value))
        replaced = column in ("shared_as", "data_object_type")
        assert row["action"] == ("replace" if replaced else "update"), path
        differing = [key for key in row["new"] if row["old"].get(key) != row["new"][key]]
        assert differing == [column], path


def test_ten_thousand_grants(sql: Session, workspace: Workspace, sdk: WorkspaceClient) -> None:
    """The requests of a plan are as many as there are shares, not grants; so are those of applying it."""
    sql.run("SET statement_timeout = '120s'")
    names = [f"wide_{number:03d}" for number in range(100)]
    declared = {
        "shares": [{"name": name, "tables": ["main.sales.orders"]} for name in names],
        "recipients": [{"name": name} for name in names],
        "grants": [{"share": share, "recipient": recipient} for share in names for recipient in names],
    }
    config = json.dumps(declared)
    workspace.control("DELETE", "log")

    assert len(plan(sql, config)) == 100 + 100 + 100 + 10_000
    assert count_requests(workspace) == {"GET shares": 1, "GET recipients": 1}

    assert len(apply(sql, config)) == 10_300
    sent = count_requests(workspace)
    assert sent.pop("GET shares") == sent.pop("GET recipients") == 1
    assert sent == {
        "POST shares": 100,
        "POST recipients": 100,
        "PATCH shares/*": 100,
        # a look before and after
        "PATCH shares/*/permissions": 100,
        "GET shares/*/permissions": 200,
    }
    assert len(list(sdk.shares.list_shares())) == 100

    assert plan(sql, config, prune=True) == []
    sent = count_requests(workspace)
    assert sent.pop("GET shares") <= 2
    assert sent == {"GET recipients": 1, "GET shares/*": 100, "GET shares/*/permissions": 100}

    # and back again, once to stay and once not
    before = workspace.dump(stable=True)
    none = json.dumps({**declared, "grants": []})
    with sql.rolled_back():
        assert len(apply(sql, none, prune=True)) == 10_000
        sent = count_requests(workspace)
        assert sent["PATCH shares/*/permissions"] == 100 and sent["GET shares/*/permissions"] == 200
        assert plan(sql, none, prune=True) == []
    assert count_requests(workspace)["PATCH shares/*/permissions"] == 100
    assert workspace.dump(stable=True) == before
    apply(sql, none, prune=True)
    assert plan(sql, none, prune=True) == []


def test_many_recipients_of_one_share(sql: Session, workspace: Workspace) -> None:
    """The requests grow with the pages of a list, whatever is granted, granted again or revoked."""
    sql.run("SET statement_timeout = '120s'")
    names = [f"reader_{number:04d}" for number in range(2000)]
    declared = {
        "shares": [{"name": "wide"}],
        "recipients": [{"name": name} for name in names],
        "grants": [{"share": "wide", "recipient": name} for name in names],
    }
    apply(sql, json.dumps({**declared, "grants": declared["grants"][:1000]}))
    count_requests(workspace)
    plan(sql, json.dumps(declared), prune=True)
    pages = count_requests(workspace)["GET shares/*/permissions"]
    apply(sql, json.dumps(declared))
    sent = count_requests(workspace)
    assert sent["PATCH shares/*/permissions"] == 1 and sent["GET shares/*/permissions"] <= 5 * pages
    assert plan(sql, json.dumps(declared), prune=True) == []
    count_requests(workspace)
    apply(sql, json.dumps({**declared, "grants": []}), prune=True)
    sent = count_requests(workspace)
    assert sent["PATCH shares/*/permissions"] == 1 and sent["GET shares/*/permissions"] <= 5 * pages
    assert sql.value("SELECT count(*) FROM grants") == 0


def test_local_names_follow_sql(sql: Session, local: str) -> None:
    """The database may be left out, case counts only in quotes, and what is no name is reported with its place."""
    sql.run("SET deltashare.server = 'here'; CREATE TABLE sales.\"Odd.Name\" (); CREATE TABLE sales.odd ()")
    catalog = sql.value("SELECT current_database()")

    def holding(*names: str) -> str:
        tables = [{"name": name, "alias": f"sales.t{number}"} for number, name in enumerate(names)]
        return json.dumps({"shares": [{"name": "a", "tables": tables}]})

    assert [row["object_name"] for row in apply(sql, holding("SALES.orders", 'sales."Odd.Name"'))[1:]] == [
        "SALES.orders",
        'sales."Odd.Name"',
    ]
    for orders in ("SALES.orders", f"{catalog.upper()}.Sales.orders", '"sales" . ORDERS'):
        assert plan(sql, holding(orders, f'{catalog}.sales."Odd.Name"'), prune=True) == []
    assert plan(sql, sql.value("SELECT deltashare.export_config()"), prune=True) == []
    other = plan(sql, holding("sales.orders", 'sales."odd.name"'), prune=True)
    assert [row["action"] for row in other] == ["delete", "create"]

    wrong = holding("sales..orders", "sales.orders", f"{catalog}.sales.ORDERS", "a.b.c.d", '"')
    error = sql.error(f"SELECT deltashare.plan_config({literal(wrong)})")
    assert error.sqlstate == "22023"
    for problem in (
        'line 1, column 38: object name "sales..orders" is not valid',
        f'object "{catalog}.sales.ORDERS" in share "a" is declared twice, first in line 1',
        'object name "a.b.c.d" is not valid',
        'object name """ is not valid',
    ):
        assert problem in error.text, error.text
    assert error.text.count("line 1, column") == 4


def test_the_pipeline_of_the_readme(sql: Session, database: str, tmp_path: Path) -> None:
    """The check ends with 1 where something differs, 0 where nothing does, 2 where the configuration is wrong."""
    readme = (Path(__file__).parents[2] / "README.md").read_text()
    section = readme[readme.index("\n## Declared configuration") : readme.index("\n## Usage monitoring")]
    blocks = re.findall(r"```(\w*)\n(.*?)```", section, re.DOTALL)
    (shares,) = (text for language, text in blocks if language == "yaml")
    (plan_sql,) = (text for language, text in blocks if language == "")
    check, take = (text for language, text in blocks if language == "sh")
    (tmp_path / "shares.yaml").write_text(shares)
    (tmp_path / "plan.sql").write_text(plan_sql)
    (tmp_path / "apply.sql").write_text(plan_sql.replace("plan_config", "apply_config"))

    def run(script: str) -> tuple[int, str]:
        environment = {**os.environ, "PGDATABASE": database}
        done = subprocess.run(
            ["sh", "-c", script], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=50
        )
        return done.returncode, done.stdout + done.stderr

    status, output = run(check)
    assert (status, len(output.splitlines())) == (1, 5), output
    assert run(take)[0] == 0
    assert run(check) == (0, "")
    sql.call("revoke_select", "partner_analytics_share", "acme_corp")
    status, output = run(check)
    assert status == 1 and output.startswith("create|grant|partner_analytics_share||acme_corp|"), output

    (tmp_path / "shares.yaml").write_text(shares.replace("tables", "tabels"))
    status, output = run(check)
    assert status == 2 and 'line 4, column 5: unknown key "tabels" of a share, did you mean "tables"?' in output, output
    assert run(take)[0] == 3
    (tmp_path / "shares.yaml").unlink()
    status, output = run(check)
    assert status == 2 and "configuration is empty" in output, output


def test_notebooks(sql: Session) -> None:
    """The content is sent when a notebook is added, under another alias too, and is no drift afterwards."""

    def holding(notebook: str) -> str:
        return f"shares: [{{name: notebooks, tables: [{{name: report.py, {notebook}}}]}}]"

    whole = holding("type: NOTEBOOK_FILE, content: cHJpbnQoMSk=, alias: one")
    assert sql.error(call("plan_config", holding("type: NOTEBOOK_FILE"))).text.count(' needs the key "content"') == 1
    apply(sql, whole)
    assert plan(sql, whole, prune=True) == plan(sql, holding("alias: ONE"), prune=True) == []
    assert sql.error(call("plan_config", holding("alias: two"))).text.count(' needs the key "content"') == 1
    (row,) = apply(sql, holding("alias: two, content: cHJpbnQoMSk="))
    assert (row["action"], row["new"]["shared_as"], row["new"]["content"]) == ("replace", "two", "cHJpbnQoMSk=")
    assert plan(sql, holding("alias: two"), prune=True) == []


def test_what_waits_to_be_dropped_is_gone(sql: Session, workspace: Workspace) -> None:
    """A plan sees what the transaction queued; to make it anew has to wait for COMMIT, and nothing else is done."""
    apply(sql, "{shares: [{name: leaving, tables: [main.sales.orders]}, {name: staying}], recipients: [{name: acme}]}")
    before = workspace.dump(stable=True)
    with sql.rolled_back():
        sql.call("drop_share", "leaving")
        assert plan(sql, "shares: [{name: staying}]", prune=True) == []
        wanted = "shares: [{name: staying, comment: changed}, {name: another}, {name: leaving}]"
        assert [row["action"] for row in plan(sql, wanted)] == ["create", "create", "update"]
        error = sql.error(call("apply_config", wanted))
        assert 'share "leaving" is to be dropped at the end of this transaction' in error.text
    assert workspace.dump(stable=True) == before

    sql.run("BEGIN")
    made = apply(sql, "{shares: [{name: another}], recipients: []}", prune=True)
    assert [(row["action"], row["kind"]) for row in made] == [
        ("create", "share"),
        ("delete", "recipient"),
        ("delete", "share"),
        ("delete", "share"),
    ]
    assert plan(sql, "{shares: [{name: another}], recipients: []}", prune=True) == []
    assert sql.value("SELECT count(*) FROM deltashare.pending_changes WHERE state = 'queued'") == 3
    sql.run("COMMIT")
    assert plan(sql, "{shares: [{name: another}], recipients: []}", prune=True) == []
