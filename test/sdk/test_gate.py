"""Requests that no good client sends, by hand: each is refused and remembered."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from helpers import USER_AGENT, raw

from workspace.client import Workspace

UC = "/api/2.1/unity-catalog"


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        pytest.param({"Accept": None}, "missing_accept", marks=pytest.mark.violations("missing_accept")),
        pytest.param({"Accept": "*/*"}, "missing_accept", marks=pytest.mark.violations("missing_accept")),
        pytest.param({"User_Agent": None}, "missing_user_agent", marks=pytest.mark.violations("missing_user_agent")),
        pytest.param(
            {"User_Agent": "curl"}, "malformed_user_agent", marks=pytest.mark.violations("malformed_user_agent")
        ),
        pytest.param(
            {"User_Agent": "a/1.0.0 (Linux)"},
            "malformed_user_agent",
            marks=pytest.mark.violations("malformed_user_agent"),
        ),
        pytest.param(
            {"User_Agent": "a/dev b/1.0"}, "malformed_user_agent", marks=pytest.mark.violations("malformed_user_agent")
        ),
        pytest.param(
            {"User_Agent": "a/1.0.0  b/1.0"},
            "malformed_user_agent",
            marks=pytest.mark.violations("malformed_user_agent"),
        ),
        pytest.param(
            {"X_Databricks_Workspace_Id": "x"}, "bad_workspace_id", marks=pytest.mark.violations("bad_workspace_id")
        ),
    ],
)
def test_headers(workspace: Workspace, headers: dict[str, str | None], code: str) -> None:
    answer = raw(workspace, "GET", f"{UC}/shares", **headers)
    assert (answer.status, answer.code) == (400, "INVALID_PARAMETER_VALUE")
    assert workspace.violations() == [code]


@pytest.mark.violations("wrong_content_type", "unexpected_body", "malformed_body")
def test_bodies(workspace: Workspace) -> None:
    assert raw(workspace, "POST", f"{UC}/shares", {"name": "s"}, Content_Type="text/plain").status == 400
    assert raw(workspace, "GET", f"{UC}/shares", {"name": "s"}).status == 400
    for broken in (b"", b"{", b'{"name":"a","name":"b"}', b'{"name":"\xff"}', b'{"name":NaN}', b'{"name":"\\ud800"}'):
        answer = raw(workspace, "POST", f"{UC}/shares", broken)
        assert (answer.status, answer.code) == (400, "MALFORMED_REQUEST"), broken
    assert raw(workspace, "POST", f"{UC}/shares", b"[]").status == 400
    assert (
        raw(workspace, "POST", f"{UC}/shares", {"name": "s"}, Content_Type="application/json; charset=UTF-8").status
        == 200
    )


@pytest.mark.parametrize(
    "authorization", [None, "Bearer wrong", "Basic ZGFwaS10ZXN0LXRva2VuOg==", "dapi-test-token", "Bearer "]
)
def test_authorization(workspace: Workspace, authorization: str | None) -> None:
    answer = raw(workspace, "GET", f"{UC}/shares", Authorization=authorization)
    assert (answer.status, answer.code) == (401, "UNAUTHENTICATED")


@pytest.mark.violations("secret_in_url")
@pytest.mark.parametrize(
    "path",
    [
        f"{UC}/shares?page_token=dapi-test-token",
        f"{UC}/shares/dapi%2Dtest%2Dtoken",
        "/nowhere/dapi-test-token",
        "/x?s=test-client-secret",
    ],
)
def test_secrets_in_the_url(workspace: Workspace, path: str) -> None:
    assert raw(workspace, "GET", path).status == 400
    logged = json.dumps([workspace.log(), workspace.control("GET", "violations")])
    assert "dapi-test-token" not in logged and "test-client-secret" not in logged


@pytest.mark.violations("unencoded_url")
def test_urls_must_be_encoded(workspace: Workspace) -> None:
    for path in (f'{UC}/shares/a"b', f"{UC}/shares/a%zzb", f"{UC}/shares/a|b"):
        assert raw(workspace, "GET", path).status == 400
    answer = raw(workspace, "GET", f"{UC}/shares/a%2Fb%20c%25")
    assert (answer.status, answer.code, answer.message) == (
        404,
        "SHARE_DOES_NOT_EXIST",
        "Share 'a/b c%' does not exist.",
    )


@pytest.mark.violations("unknown_query_parameter")
def test_queries(workspace: Workspace) -> None:
    assert "unknown query parameter: limit" in raw(workspace, "GET", f"{UC}/shares?limit=1").message
    assert "include_shared_data" in raw(workspace, "GET", f"{UC}/shares/s?include_shared_data=True").message
    assert "max_results" in raw(workspace, "GET", f"{UC}/shares?max_results=ten").message
    assert raw(workspace, "GET", f"{UC}/shares?max_results=0&max_results=0").status == 400


@pytest.mark.violations("unknown_field")
@pytest.mark.parametrize(
    ("method", "path", "body", "field"),
    [
        ("POST", "shares", {"name": "t", "objects": []}, "objects"),
        ("POST", "shares", {"name": "t", "owner": "o"}, "owner"),
        ("PATCH", "shares/s", {"commment": "c"}, "commment"),
        (
            "PATCH",
            "shares/s",
            {
                "updates": [
                    {"action": "ADD", "data_object": {"name": "a.b.c", "data_object_type": "TABLE", "alias": "x"}}
                ]
            },
            "alias",
        ),
        ("PATCH", "shares/s/permissions", {"changes": [{"principal": "a", "grant": ["SELECT"]}]}, "grant"),
        ("PATCH", "shares/s/permissions", {"omit_permissions_in_response": True}, "omit_permissions_in_response"),
        ("PATCH", "permissions/share/s", {"omit_permissions_list": True}, "omit_permissions_list"),
        ("POST", "recipients", {"name": "t", "tokens": []}, "tokens"),
        ("PATCH", "recipients/r", {"authentication_type": "TOKEN"}, "authentication_type"),
        ("POST", "recipients/r/rotate-token", {"existing_token_expire_in_seconds": 0, "force": True}, "force"),
    ],
)
def test_unknown_fields(workspace: Workspace, method: str, path: str, body: Any, field: str) -> None:
    for kind, name in (("shares", "s"), ("recipients", "r")):
        assert raw(workspace, "POST", f"{UC}/{kind}", {"name": name}).status == 200
    answer = raw(workspace, method, f"{UC}/{path}", body)
    assert (answer.status, answer.code) == (400, "INVALID_PARAMETER_VALUE")
    assert "unknown field" in answer.message and field in answer.message


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "shares", {}),
        ("POST", "shares", {"name": 5}),
        ("POST", "shares", {"name": "t", "comment": None}),
        (
            "PATCH",
            "shares/s",
            {"updates": [{"action": "SET", "data_object": {"name": "a", "data_object_type": "TABLE"}}]},
        ),
        ("PATCH", "shares/s", {"updates": [{"action": "ADD", "data_object": {"name": "main.sales.daily"}}]}),
        ("PATCH", "shares/s/permissions", {"changes": [{"add": ["SELECT"]}]}),
        ("PATCH", "shares/s/permissions", {"changes": [{"principal_id": 5, "add": ["SELECT"]}]}),
        ("PATCH", "shares/s/permissions", {"changes": [{"principal_id": "5", "remove": ["SELECT"]}]}),
        ("POST", "recipients/r/rotate-token", {}),
        ("POST", "recipients/r/rotate-token", {"existing_token_expire_in_seconds": "0"}),
        ("POST", "recipients", {"name": "t", "authentication_type": "TOKENS"}),
        ("POST", "recipients", {"name": "t", "email": "a@example.com"}),
        ("PATCH", "permissions/table/main.sales.daily", {"changes": []}),
    ],
)
def test_wrong_values(workspace: Workspace, method: str, path: str, body: Any) -> None:
    for kind, name in (("shares", "s"), ("recipients", "r")):
        assert raw(workspace, "POST", f"{UC}/{kind}", {"name": name}).status == 200
    answer = raw(workspace, method, f"{UC}/{path}", body)
    assert (answer.status, answer.code) == (400, "INVALID_PARAMETER_VALUE")


def test_unknown_paths_and_methods(workspace: Workspace) -> None:
    for method, path in (
        ("GET", "/api/2.1/unity-catalog/none"),
        ("PUT", f"{UC}/shares"),
        ("GET", f"{UC}/shares/"),
        ("GET", "/"),
    ):
        assert raw(workspace, method, path).code == "ENDPOINT_NOT_FOUND"


def test_replies_are_odd_in_the_known_ways(workspace: Workspace) -> None:
    deletes = set()
    for _ in range(2):
        raw(workspace, "POST", f"{UC}/shares", {"name": "s", "comment": "é"})
        deletes.add(raw(workspace, "DELETE", f"{UC}/shares/s", Accept="*/*").text)
    assert deletes == {"", "{}"}
    answers = [raw(workspace, "POST", f"{UC}/shares", {"name": f"s{number}", "comment": "é"}) for number in range(2)]
    assert {"\\u00e9" in answer.text.split("x_future_field")[0] for answer in answers} == {True, False}
    reply = json.loads(answers[0].text)
    assert "x_future_field" in reply and "owner" in reply and None not in reply.values()
    assert answers[0].headers["x-request-id"] == workspace.log()[-2]["request_id"]
    workspace.settings(extra_fields=False)
    assert "x_future_field" not in raw(workspace, "GET", f"{UC}/shares/s0").text


def test_bare_recipient_is_a_token_recipient(workspace: Workspace) -> None:
    assert json.loads(raw(workspace, "POST", f"{UC}/recipients", {"name": "r"}).text)["authentication_type"] == "TOKEN"


@pytest.mark.violations("secret_in_form", "wrong_content_type")
def test_token_endpoint(workspace: Workspace) -> None:
    basic, form = "Basic dGVzdC1jbGllbnQ6dGVzdC1jbGllbnQtc2VjcmV0", b"grant_type=client_credentials&scope=all-apis"
    headers: dict[str, str | None] = {
        "Authorization": basic,
        "Content_Type": "application/x-www-form-urlencoded",
        "Accept": None,
    }
    workspace.settings(oauth_ttl_s=1.0)
    answer = raw(workspace, "POST", "/oidc/v1/token", form, **headers)
    reply = json.loads(answer.text)
    assert (answer.status, reply["token_type"], reply["expires_in"], "refresh_token" in reply) == (
        200,
        "Bearer",
        1,
        False,
    )
    bearer = f"Bearer {reply['access_token']}"
    assert raw(workspace, "GET", f"{UC}/shares", Authorization=bearer).status == 200
    time.sleep(1.05)
    assert raw(workspace, "GET", f"{UC}/shares", Authorization=bearer).status == 401
    for body, changed, error in (
        (form, {"Authorization": None}, "invalid_client"),
        (form, {"Authorization": "Basic dGVzdC1jbGllbnQ6d3Jvbmc="}, "invalid_client"),
        (b"grant_type=password&scope=all-apis", {}, "unsupported_grant_type"),
        (b"grant_type=client_credentials", {}, "invalid_scope"),
        (form + b"&client_secret=x", {}, "invalid_request"),
    ):
        refused = raw(workspace, "POST", "/oidc/v1/token", body, **{**headers, **changed})
        assert json.loads(refused.text)["error"] == error
    assert (
        raw(workspace, "POST", "/oidc/v1/token", {"grant_type": "client_credentials"}, Authorization=basic).status
        == 400
    )
    assert USER_AGENT in {entry["user_agent"] for entry in workspace.log()}
