"""The requests are the ones that are promised: how many, of which kind, with what in them."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from columns import UC
from databricks.sdk import WorkspaceClient
from helpers import GLOBAL_ID, objects_of, token_recipient
from psql import Session, call
from scenarios import granted, one_recipient, share_with_daily
from servers import AddServer

from workspace.client import Workspace

SHARES, RECIPIENTS = f"{UC}/shares", f"{UC}/recipients"
DAILY = "main.sales.daily"


class Recorder:
    """What was sent since it was made, or last asked."""

    def __init__(self, workspace: Workspace):
        self.workspace = workspace
        self.clear()

    def clear(self) -> None:
        """Forget what was sent."""
        self.workspace.control("DELETE", "log")

    def entries(self) -> list[dict[str, Any]]:
        """The requests in the order in which they came, with bodies; they are forgotten."""
        found = sorted(self.workspace.log(bodies=1), key=lambda entry: int(entry["seq"]))
        self.clear()
        return found

    def lines(self) -> list[str]:
        """The requests as `METHOD path`, without page tokens."""
        return [
            f"{entry['method']} {re.sub('&page_token=[^&]*', '&page_token', entry['path'])}" for entry in self.entries()
        ]

    def changes(self) -> list[tuple[str, str, Any]]:
        """Method, path and body of the requests that are not reads."""
        return [
            (entry["method"], entry["path"].removeprefix(UC), entry.get("body"))
            for entry in self.entries()
            if entry["method"] != "GET"
        ]


@pytest.fixture
def many(sdk: WorkspaceClient, workspace: Workspace) -> Recorder:
    """Twenty shares with two objects and two grants each."""
    workspace.control("POST", "seed", {"shares": 20, "grants": 2, "recipients": 5, "objects": 2})
    return Recorder(workspace)


@pytest.fixture
def sent(workspace: Workspace) -> Recorder:
    """Requests from now on."""
    return Recorder(workspace)


# -- reading

ONE, TWO, THREE = (f"seed_share_0000{number}" for number in range(3))


@pytest.mark.parametrize(
    ("query", "requests"),
    [
        (f"SELECT * FROM shares WHERE name = '{ONE}'", [f"GET {SHARES}/{ONE}"]),
        (f"SELECT comment FROM shares WHERE name = '{ONE}' AND owner = 'x'", [f"GET {SHARES}/{ONE}"]),
        (f"SELECT * FROM shares WHERE '{ONE}' = name", [f"GET {SHARES}/{ONE}"]),
        (
            f"SELECT * FROM shares WHERE name IN ('{ONE}', '{TWO}', '{THREE}')",
            [f"GET {SHARES}/{name}" for name in (ONE, TWO, THREE)],
        ),
        (
            f"SELECT * FROM shares WHERE name = ANY (ARRAY['{ONE}', '{TWO}', '{ONE}', NULL])",
            [f"GET {SHARES}/{name}" for name in (ONE, TWO)],
        ),
        ("SELECT * FROM shares WHERE name = NULL", []),
        ("SELECT * FROM shares WHERE name = 'not.possible'", []),
        ("SELECT * FROM shares WHERE name IN ('', 'a/b', 'a b')", []),
        (f"SELECT * FROM share_objects WHERE share_name = '{ONE}'", [f"GET {SHARES}/{ONE}?include_shared_data=true"]),
        (
            f"SELECT * FROM share_objects WHERE share_name = '{ONE}' AND name = 'seed.tables.t00001'",
            [f"GET {SHARES}/{ONE}?include_shared_data=true"],
        ),
        (f"SELECT * FROM grants WHERE share_name = '{ONE}'", [f"GET {SHARES}/{ONE}/permissions?max_results=0"]),
        (
            "SELECT * FROM grants WHERE recipient_name = 'seed_recipient_00000'",
            [f"GET {RECIPIENTS}/seed_recipient_00000/share-permissions?max_results=0"],
        ),
        (
            f"SELECT * FROM grants WHERE share_name = '{ONE}' AND recipient_name = 'seed_recipient_00000'",
            [f"GET {SHARES}/{ONE}/permissions?max_results=0"],
        ),
        (
            f"SELECT * FROM grants WHERE share_name IN ('{ONE}', '{TWO}') AND recipient_name = 'seed_recipient_00000'",
            [f"GET {RECIPIENTS}/seed_recipient_00000/share-permissions?max_results=0"],
        ),
        ("SELECT * FROM recipients WHERE name = 'seed_recipient_00001'", [f"GET {RECIPIENTS}/seed_recipient_00001"]),
        (
            "SELECT * FROM recipient_tokens WHERE recipient_name = 'seed_recipient_00001'",
            [f"GET {RECIPIENTS}/seed_recipient_00001"],
        ),
        ("SELECT name FROM shares", [f"GET {SHARES}?max_results=0"]),
        ("SELECT * FROM shares", [f"GET {SHARES}?max_results=0"]),
        ("SELECT count(*) FROM shares", [f"GET {SHARES}?max_results=0"]),
        ("SELECT * FROM recipients", [f"GET {RECIPIENTS}?max_results=0"]),
        ("SELECT * FROM recipient_tokens", [f"GET {RECIPIENTS}?max_results=0"]),
        ("SELECT * FROM providers", [f"GET {UC}/providers?max_results=0"]),
        ("SELECT * FROM federation_policies", [f"GET {RECIPIENTS}?max_results=0"]),
        ("SELECT * FROM shares WHERE false", []),
        (
            f"SELECT * FROM deltashare.effective_grants('{ONE}')",
            [f"GET {UC}/effective-permissions/share/{ONE}?max_results=0"],
        ),
    ],
)
def test_reads(sql: Session, many: Recorder, query: str, requests: list[str]) -> None:
    many.workspace.settings(empty_page_every=0)
    sql.rows(query)
    assert sorted(many.lines()) == sorted(requests)


def test_names_are_encoded(sql: Session, sdk: WorkspaceClient, sent: Recorder) -> None:
    sdk.shares.create("a?b#c%41&d\\e")
    sent.clear()
    assert sql.values("SELECT name FROM shares WHERE name = 'a?b#c%41&d\\e'") == ["a?b#c%41&d\\e"]
    assert sent.lines() == [f"GET {SHARES}/a%3Fb%23c%2541%26d%5Ce"]


@pytest.mark.parametrize(
    ("table", "each"),
    [
        ("share_objects", f"{SHARES}/NAME?include_shared_data=true"),
        ("grants", f"{SHARES}/NAME/permissions?max_results=0"),
    ],
)
def test_tables_of_shares_need_one_request_each(sql: Session, many: Recorder, table: str, each: str) -> None:
    many.workspace.settings(empty_page_every=0)
    assert len(sql.rows(f"SELECT * FROM {table}")) == 40
    expected = [f"GET {each.replace('NAME', f'seed_share_{number:05d}')}" for number in range(20)]
    assert sorted(many.lines()) == sorted([f"GET {SHARES}?max_results=0", *expected])


def test_a_join_fetches_by_key(sql: Session, many: Recorder) -> None:
    many.workspace.settings(empty_page_every=0)
    found = sql.rows(f"SELECT s.* FROM (VALUES ('{ONE}'), ('{TWO}'), ('none')) v (k) JOIN shares s ON s.name = v.k")
    assert sorted(row["name"] for row in found) == [ONE, TWO]
    assert sorted(many.lines()) == [f"GET {SHARES}/none", f"GET {SHARES}/{ONE}", f"GET {SHARES}/{TWO}"]


def test_names_in_upper_case_are_not_there(sql: Session, many: Recorder) -> None:
    """A condition compares as PostgreSQL does, the platform without case."""
    assert sql.rows(f"SELECT * FROM shares WHERE name = '{ONE.upper()}'") == []
    assert sql.rows(f"SELECT * FROM grants WHERE share_name = '{ONE.upper()}'") == []
    assert len(sql.rows(f"SELECT * FROM grants WHERE share_name = lower('{ONE.upper()}')")) == 2


def test_limit_stops_paging(sql: Session, many: Recorder) -> None:
    many.workspace.settings(page_size=2, empty_page_every=0)
    assert len(sql.rows("SELECT name FROM shares LIMIT 3")) == 3
    assert len(many.lines()) <= 3, "two pages hold three rows; one more may be on its way"
    assert len(sql.rows("SELECT * FROM share_objects LIMIT 1")) == 1
    assert len(many.lines()) <= 4


def test_a_cursor_fetches_pages_as_it_goes(sql: Session, many: Recorder) -> None:
    many.workspace.settings(page_size=1, empty_page_every=0)
    sql.run("BEGIN; DECLARE c CURSOR FOR SELECT name FROM shares")
    sql.run("FETCH 2 FROM c")
    assert len(many.lines()) <= 3
    sql.run("FETCH 5 FROM c")
    assert 4 <= len(many.lines()) <= 6
    sql.run("CLOSE c; COMMIT")
    assert many.lines() == []


def test_page_size_of_the_server(sql: Session, many: Recorder, add_server: AddServer) -> None:
    many.workspace.settings(empty_page_every=0)
    add_server("small_pages", page_size=7)
    many.clear()
    assert len(sql.rows("SELECT * FROM shares")) == 20
    assert many.lines() == [f"GET {SHARES}?max_results=7", *[f"GET {SHARES}?max_results=7&page_token"] * 2]


def test_grants_are_never_asked_for_in_pages_that_are_refused(
    sql: Session, many: Recorder, add_server: AddServer
) -> None:
    """The platform refuses 1 to 149 there, since a page must be able to hold one whole assignment."""
    add_server("small_pages", page_size=7)
    assert len(sql.rows("SELECT * FROM grants")) == 40
    assert len(sql.rows("SELECT * FROM grants WHERE recipient_name = 'seed_recipient_00000'")) == 8
    assert len(sql.rows("SELECT * FROM deltashare.effective_grants()")) == 40
    assert sql.call("revoke_select", ONE, "seed_recipient_00000") == [{"revoke_select": True}]


def test_concurrency_is_bounded(sql: Session, many: Recorder, add_server: AddServer) -> None:
    many.workspace.control("PUT", "latency", {"ms": 0, "rules": [{"path": "permissions", "ms": 20}]})
    add_server("narrow", concurrency=3)
    many.clear()
    assert len(sql.rows("SELECT * FROM grants")) == 40
    assert many.workspace.control("GET", "log")["in_flight_max"] == 3
    add_server("wide", concurrency=64)
    many.clear()
    assert len(sql.rows("SELECT * FROM grants")) == 40
    assert many.workspace.control("GET", "log")["in_flight_max"] > 8


def test_explain_sends_nothing_and_names_what_would_be_sent(sql: Session, many: Recorder) -> None:
    plan = sql.run(f"EXPLAIN (VERBOSE) SELECT * FROM share_objects WHERE share_name = '{ONE}'")
    assert f"GET {SHARES}/{ONE}?include_shared_data=true" in plan
    assert many.lines() == []


# -- writing


@pytest.mark.parametrize(
    ("prepare", "statement", "changes"),
    [
        (
            granted,
            "SELECT deltashare.create_share('new', comment => 'c')",
            [("POST", "/shares", {"name": "new", "comment": "c"})],
        ),
        (granted, "INSERT INTO shares (name) VALUES ('New')", [("POST", "/shares", {"name": "new"})]),
        (
            granted,
            "SELECT deltashare.create_share('new', owner => 'data-owners')",
            [("POST", "/shares", {"name": "new"}), ("PATCH", "/shares/new", {"owner": "data-owners"})],
        ),
        (granted, "UPDATE shares SET comment = 'c' WHERE name = 'hr'", [("PATCH", "/shares/hr", {"comment": "c"})]),
        (granted, "UPDATE shares SET comment = comment, name = 'HR' WHERE name = 'hr'", []),
        (granted, "UPDATE shares SET comment = comment, owner = owner, storage_root = NULL", []),
        (
            granted,
            "UPDATE shares SET name = 'people', owner = 'data-owners', comment = 'c' WHERE name = 'hr'",
            [
                ("PATCH", "/shares/hr", {"owner": "data-owners"}),
                ("PATCH", "/shares/hr", {"comment": "c", "new_name": "people"}),
            ],
        ),
        (
            granted,
            "SELECT deltashare.alter_share('HR', rename_to => 'People')",
            [("PATCH", "/shares/hr", {"new_name": "people"})],
        ),
        (granted, "SELECT deltashare.alter_share('hr')", []),
        (granted, "SELECT deltashare.drop_share('hr')", [("DELETE", "/shares/hr", None)]),
        (granted, "DELETE FROM shares WHERE name = 'hr'", [("DELETE", "/shares/hr", None)]),
        (
            granted,
            "SELECT deltashare.create_recipient('new')",
            [("POST", "/recipients", {"name": "new", "authentication_type": "TOKEN"})],
        ),
        (
            granted,
            f"SELECT deltashare.create_recipient('new', sharing_id => '{GLOBAL_ID}')",
            [
                (
                    "POST",
                    "/recipients",
                    {
                        "name": "new",
                        "authentication_type": "DATABRICKS",
                        "data_recipient_global_metastore_id": GLOBAL_ID,
                    },
                )
            ],
        ),
        (
            one_recipient,
            "UPDATE recipients SET comment = 'c', properties = properties, ip_access_list = ip_access_list",
            [("PATCH", "/recipients/acme", {"comment": "c"})],
        ),
        (
            one_recipient,
            "SELECT deltashare.alter_recipient('acme', owner => 'data-owners', properties => '{\"tier\": null}')",
            [
                ("PATCH", "/recipients/acme", {"owner": "data-owners"}),
                ("PATCH", "/recipients/acme", {"properties_kvpairs": {"properties": {"country": "DE"}}}),
            ],
        ),
        (
            one_recipient,
            "UPDATE recipients SET ip_access_list = NULL",
            [("PATCH", "/recipients/acme", {"ip_access_list": {"allowed_ip_addresses": []}})],
        ),
        (
            one_recipient,
            "UPDATE recipients SET properties = NULL",
            [("PATCH", "/recipients/acme", {"properties_kvpairs": {"properties": {}}})],
        ),
        (
            one_recipient,
            "SELECT deltashare.rotate_recipient_token('acme', '90 minutes')",
            [("POST", "/recipients/acme/rotate-token", {"existing_token_expire_in_seconds": 5400})],
        ),
        (one_recipient, "SELECT deltashare.drop_recipient('acme')", [("DELETE", "/recipients/acme", None)]),
        (
            granted,
            "SELECT deltashare.grant_select('hr', 'globex')",
            [("PATCH", "/shares/hr/permissions", {"changes": [{"principal": "globex", "add": ["SELECT"]}]})],
        ),
        (
            granted,
            "SELECT deltashare.revoke_select('hr', 'acme')",
            [("PATCH", "/shares/hr/permissions", {"changes": [{"principal": "acme", "remove": ["SELECT"]}]})],
        ),
    ],
)
def test_writes_send_only_what_changes(
    sql: Session,
    sdk: WorkspaceClient,
    sent: Recorder,
    prepare: Callable[[WorkspaceClient], None],
    statement: str,
    changes: list[tuple[str, str, Any]],
) -> None:
    prepare(sdk)
    sent.clear()
    sql.run(statement)
    assert sent.changes() == changes


@pytest.mark.parametrize(
    ("arguments", "wanted"),
    [
        ({}, {"history_data_sharing_status": "ENABLED"}),
        ({"history": True}, {"history_data_sharing_status": "ENABLED"}),
        ({"history": False}, {"history_data_sharing_status": "DISABLED"}),
        ({"cdf": True}, {"cdf_enabled": True}),
        ({"cdf": False}, {"history_data_sharing_status": "ENABLED"}),
        ({"cdf": False, "history": False}, {"history_data_sharing_status": "DISABLED"}),
    ],
)
def test_history_of_a_table_is_always_said(
    sql: Session, sdk: WorkspaceClient, sent: Recorder, arguments: dict[str, bool], wanted: dict[str, Any]
) -> None:
    sdk.shares.create("sales")
    sent.clear()
    sql.call("add_to_share", "sales", DAILY, **arguments)
    data_object = {"name": DAILY, "data_object_type": "TABLE", **wanted}
    assert sent.changes() == [("PATCH", "/shares/sales", {"updates": [{"action": "ADD", "data_object": data_object}]})]


@pytest.mark.parametrize(
    "kind", ["VIEW", "MATERIALIZED_VIEW", "STREAMING_TABLE", "FOREIGN_TABLE", "SCHEMA", "VOLUME", "MODEL", "FUNCTION"]
)
def test_history_of_other_objects_is_not_mentioned(
    sql: Session, sdk: WorkspaceClient, sent: Recorder, kind: str
) -> None:
    name = {
        "VIEW": "main.sales.orders_view",
        "MATERIALIZED_VIEW": "main.sales.orders_mv",
        "STREAMING_TABLE": "main.sales.clicks",
        "FOREIGN_TABLE": "main.sales.legacy",
        "SCHEMA": "main.hr",
        "VOLUME": "main.sales.files",
        "MODEL": "main.sales.churn",
        "FUNCTION": "main.sales.to_euro",
    }[kind]
    sdk.shares.create("sales")
    sent.clear()
    sql.call("add_to_share", "sales", name, kind.lower())
    data_object = {"name": name, "data_object_type": kind}
    assert sent.changes() == [("PATCH", "/shares/sales", {"updates": [{"action": "ADD", "data_object": data_object}]})]


def test_removals_name_the_object_and_its_type(sql: Session, sdk: WorkspaceClient, sent: Recorder) -> None:
    share_with_daily(sdk)
    sent.clear()
    sql.call("remove_from_share", "sales", "main.sales.files")
    sql.run(f"DELETE FROM share_objects WHERE share_name = 'sales' AND name = '{DAILY}'")
    assert [body for _, _, body in sent.changes()] == [
        {"updates": [{"action": "REMOVE", "data_object": {"name": name, "data_object_type": kind}}]}
        for name, kind in (("main.sales.files", "VOLUME"), (DAILY, "TABLE"))
    ]


def test_an_alter_of_an_object_never_sends_feed_and_history(sql: Session, sdk: WorkspaceClient, sent: Recorder) -> None:
    share_with_daily(sdk)
    sent.clear()
    for change in ({"cdf": True}, {"comment": "c"}, {"history": True}, {"start_version": 5}, {"cdf": False}):
        sql.call("alter_share_object", "sales", DAILY, **change)
    for _, _, body in sent.changes():
        (entry,) = body["updates"]
        assert entry["action"] == "UPDATE"
        assert not {"cdf_enabled", "history_data_sharing_status"} <= set(entry["data_object"])
        assert not {"status", "added_at", "added_by"} & set(entry["data_object"])
    assert objects_of(sdk, "sales")[DAILY]["history_data_sharing_status"] == "ENABLED"


@pytest.mark.parametrize("way", ["function", "insert"])
def test_many_objects_go_in_patches_of_a_hundred(sql: Session, sdk: WorkspaceClient, sent: Recorder, way: str) -> None:
    names = [f"main.many.t{number}" for number in range(250)]
    sent.workspace.control("POST", "tables", [{"full_name": name} for name in names])
    sdk.shares.create("big")
    sent.clear()
    if way == "function":
        assert len(sql.call("add_to_share", "big", names)) == 250
    else:
        sql.run(
            "INSERT INTO share_objects (share_name, name)"
            " SELECT 'big', 'main.many.t' || i FROM generate_series(0, 249) i"
        )
    sizes = [len(body["updates"]) for _, _, body in sent.changes()]
    assert sum(sizes) == 250 and max(sizes) <= 100
    assert len(sizes) == 3, "as few requests as the platform allows"
    assert set(objects_of(sdk, "big")) == set(names)


def test_a_grant_to_many_is_one_change(sql: Session, sdk: WorkspaceClient, sent: Recorder) -> None:
    sdk.shares.create("sales")
    for number in range(5):
        token_recipient(sdk, f"r{number}")
    sent.clear()
    sql.run("INSERT INTO grants (share_name, recipient_name) SELECT 'sales', 'r' || i FROM generate_series(0, 4) i")
    changes = [{"principal": f"r{number}", "add": ["SELECT"]} for number in range(5)]
    assert sent.changes() == [("PATCH", "/shares/sales/permissions", {"changes": changes})]


def test_the_whole_tenant(sql: Session, sent: Recorder) -> None:
    """No more requests than a careful user of the SDK needs, and reads between them."""
    sql.call("setup_tenant", "acme", ["main.sales.orders", "main.sales.customers"], "a@b.example")
    methods = [(method, path) for method, path, _ in sent.changes()]
    assert methods == [
        ("POST", "/shares"),
        ("PATCH", "/shares/acme_share"),
        ("POST", "/recipients"),
        ("PATCH", "/shares/acme_share/permissions"),
    ]


def test_what_a_rollback_sends(sql: Session, sdk: WorkspaceClient, sent: Recorder) -> None:
    granted(sdk)
    with sql.rolled_back():
        sql.call("create_share", "new")
        sql.call("add_to_share", "new", "main.sales.orders")
        sql.call("grant_select", "new", "acme")
        sql.call("grant_select", "hr", "acme")  # is there already, and stays
        sql.call("alter_share", "hr", comment="c")
        sent.clear()
    assert sent.changes() == [
        ("PATCH", "/shares/hr", {"comment": ""}),
        ("PATCH", "/shares/new/permissions", {"changes": [{"principal": "acme", "remove": ["SELECT"]}]}),
        (
            "PATCH",
            "/shares/new",
            {
                "updates": [
                    {"action": "REMOVE", "data_object": {"name": "main.sales.orders", "data_object_type": "TABLE"}}
                ]
            },
        ),
        ("DELETE", "/shares/new", None),
    ]


# -- all of them


def test_user_agent(sql: Session, sent: Recorder) -> None:
    sql.rows("SELECT * FROM shares")
    sql.call("create_share", "new")
    version = sql.value("SELECT extversion FROM pg_extension WHERE extname = 'deltashare_fdw'")
    agents = {entry["user_agent"] for entry in sent.entries()}
    assert len(agents) == 1
    (agent,) = agents
    assert re.fullmatch(
        rf"deltashare_fdw/{re.escape(version)}\.0 libcurl/\d+\.\d+\.\d+ postgresql/\d+\.\d+ os/linux auth/pat", agent
    )


def test_connections_are_kept(sql: Session, sent: Recorder) -> None:
    for _ in range(5):
        sql.rows("SELECT * FROM shares")
        sql.rows("SELECT * FROM recipients WHERE name = 'none'")
    assert len({entry["connection"] for entry in sent.entries()}) == 1


def test_owner_first_lets_an_administrator_take_over(
    sql: Session, sdk: WorkspaceClient, workspace: Workspace, add_server: AddServer
) -> None:
    """A metastore administrator who is not the owner may change the owner, and nothing else before."""
    sdk.shares.create("sales", comment="Old")
    tokens = [
        {"token": workspace.token},
        {"token": "other-token", "principal": "boss@example.com", "privileges": ["METASTORE_ADMIN", "USE_SHARE"]},
    ]
    workspace.control("PUT", "tokens", tokens)
    add_server("as_boss", token="other-token")
    assert sql.error("UPDATE shares SET comment = 'New' WHERE name = 'sales'").sqlstate == "42501"
    sql.run("UPDATE shares SET comment = 'New', owner = 'boss@example.com' WHERE name = 'sales'")
    found = sdk.shares.get("sales")
    assert (found.comment, found.owner) == ("New", "boss@example.com")


def test_only_owned_shares_are_listed_without_privilege(
    sql: Session,
    sdk: WorkspaceClient,
    workspace: Workspace,
    add_server: AddServer,
    new_sdk: Callable[..., WorkspaceClient],
) -> None:
    """The same for both clients: fewer rows, no error; an error for what is asked by name."""
    sdk.shares.create("hidden")
    workspace.control(
        "PUT",
        "tokens",
        [
            {"token": workspace.token},
            {"token": "weak", "principal": "weak@example.com", "privileges": ["CREATE_SHARE"]},
        ],
    )
    weak = new_sdk(token="weak")
    weak.shares.create("own")
    add_server("as_weak", token="weak")
    assert sql.values("SELECT name FROM shares") == [share.name for share in weak.shares.list_shares()] == ["own"]
    assert sql.error("SELECT * FROM shares WHERE name = 'hidden'").sqlstate == "42501"
    assert sql.error(call("alter_share", "hidden", comment="x")).sqlstate == "42501"
