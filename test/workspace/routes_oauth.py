"""Discovery and the token endpoint: client credentials with Basic authentication, short-lived tokens."""

from __future__ import annotations

import base64
import binascii
import hmac
import urllib.parse
from typing import Any

from .errors import ApiError, missing
from .routing import Call, route


class OAuthError(ApiError):
    """An error in the OAuth form: `error` and `error_description`."""


@route("GET", "/.well-known/databricks-config", public=True)
def databricks_config(call: Call) -> Any:
    """Where the OIDC endpoints are."""
    if not call.world.settings.discovery:
        raise missing("RESOURCE", "databricks-config")
    return {"oidc_endpoint": f"{call.world.base_url}/oidc", "workspace_id": "1234567890123456", "cloud": "aws"}


@route("GET", "/oidc/.well-known/oauth-authorization-server", public=True)
def authorization_server(call: Call) -> Any:
    """Where tokens are issued."""
    base = f"{call.world.base_url}/oidc"
    return {
        "issuer": base,
        "authorization_endpoint": f"{base}/v1/authorize",
        "token_endpoint": f"{base}/v1/token",
        "grant_types_supported": ["client_credentials"],
        "token_endpoint_auth_methods_supported": ["client_secret_basic"],
        "scopes_supported": ["all-apis", "sharing", "sql"],
    }


@route("POST", "/oidc/v1/token", form=True)
def issue_token(call: Call) -> Any:
    """A token for the client."""
    form = _form(call.body)
    client_id, secret = _basic(call.headers.get("Authorization", ""))
    known = call.world.credentials
    if not (
        known.client_secret
        and hmac.compare_digest(client_id, known.client_id)
        and hmac.compare_digest(secret, known.client_secret)
    ):
        raise OAuthError("invalid_client", "Client authentication failed", 401)
    if form.get("grant_type") != "client_credentials":
        raise OAuthError("unsupported_grant_type", "grant_type must be client_credentials", 400)
    if not form.get("scope"):
        raise OAuthError("invalid_scope", "scope is missing", 400)
    ttl = call.world.settings.oauth_ttl_s
    return {"access_token": known.issue(ttl), "token_type": "Bearer", "expires_in": int(ttl), "scope": form["scope"]}


def _form(body: bytes) -> dict[str, str]:
    try:
        pairs = urllib.parse.parse_qsl(body.decode("utf-8"), keep_blank_values=True, strict_parsing=bool(body))
    except ValueError:
        raise OAuthError("invalid_request", "the body is not a form", 400) from None
    form = dict(pairs)
    if len(form) != len(pairs):
        raise OAuthError("invalid_request", "a parameter is given twice", 400)
    if "client_secret" in form:
        raise OAuthError("invalid_request", "the secret belongs into the Authorization header", 400, "secret_in_form")
    return form


def _basic(authorization: str) -> tuple[str, str]:
    scheme, _, value = authorization.partition(" ")
    try:
        client_id, separator, secret = base64.b64decode(value, validate=True).decode("utf-8").partition(":")
    except (binascii.Error, UnicodeDecodeError):
        separator = ""
    if scheme.lower() != "basic" or not separator:
        raise OAuthError("invalid_client", "Basic authentication is needed", 401)
    return client_id, secret
