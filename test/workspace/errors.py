"""Errors as the platform reports them: a code, a message, an HTTP status and a details list."""

from __future__ import annotations

from typing import Any


class ApiError(Exception):
    """An error reply. Without a status, the code decides (see `status_of`)."""

    def __init__(self, code: str, message: str, status: int | None = None, violation: str | None = None):
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status
        self.violation = violation  # a breach of protocol hygiene, remembered for the test to read


def invalid(message: str, violation: str | None = None) -> ApiError:
    """A value that the platform does not accept."""
    return ApiError("INVALID_PARAMETER_VALUE", message, 400, violation)


def missing(kind: str, name: str) -> ApiError:
    """A share, recipient, table, ... that is not there."""
    return ApiError(f"{kind}_DOES_NOT_EXIST", f"{kind.replace('_', ' ').capitalize()} '{name}' does not exist.")


def exists(kind: str, message: str) -> ApiError:
    """A second one of the same name."""
    return ApiError(f"{kind}_ALREADY_EXISTS", message)


def denied(message: str) -> ApiError:
    """The caller is known but may not."""
    return ApiError("PERMISSION_DENIED", message, 403)


def unauthenticated(message: str) -> ApiError:
    """The caller is not known."""
    return ApiError("UNAUTHENTICATED", message, 401)


def status_of(error: ApiError, missing_status: int, exists_status: int) -> int:
    """The HTTP status; for the named codes it is not documented and therefore a setting."""
    if error.status is not None:
        return error.status
    return exists_status if error.code.endswith("_ALREADY_EXISTS") else missing_status


def body_of(error: ApiError, request_id: str) -> dict[str, Any]:
    """The standard error body."""
    return {
        "error_code": error.code,
        "message": error.message,
        "details": [
            {
                "@type": "type.googleapis.com/google.rpc.ErrorInfo",
                "reason": error.code,
                "domain": "unity-catalog.databricks.com",
            },
            {"@type": "type.googleapis.com/google.rpc.RequestInfo", "request_id": request_id, "serving_data": ""},
        ],
    }
