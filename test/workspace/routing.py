"""The table of API routes, and what a handler gets to see of a request."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from .validate import Check, QueryParser

if TYPE_CHECKING:
    from .access import Caller
    from .state import State
    from .world import World

UC = "/api/2.1/unity-catalog"


@dataclass
class Call:
    """One request, checked: what the handler works on."""

    world: World
    caller: Caller
    method: str
    path: str
    params: Mapping[str, str] = field(default_factory=dict)
    query: dict[str, Any] = field(default_factory=dict)
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    remote: str = "127.0.0.1"

    @property
    def state(self) -> State:
        """The governance state."""
        return self.world.state


Handler = Callable[[Call], Any]


@dataclass(frozen=True)
class Route:
    """A method and path, with what it accepts. `public`: no Authorization, no User-Agent rules.

    `optional_body`: a request without a body is taken for one with `{}`.
    """

    method: str
    path: str
    handler: Handler
    query: Mapping[str, QueryParser]
    body: Check | None
    public: bool
    form: bool
    optional_body: bool = False


ROUTES: list[Route] = []


def route(
    method: str,
    path: str,
    *,
    query: Mapping[str, QueryParser] | None = None,
    body: Check | None = None,
    public: bool = False,
    form: bool = False,
    optional_body: bool = False,
) -> Callable[[Handler], Handler]:
    """Register a handler: it returns the reply as JSON values, or None for a reply without content.

    A coroutine may wait; other requests are served meanwhile.
    """

    def register(handler: Handler) -> Handler:
        ROUTES.append(Route(method, path, handler, query or {}, body, public, form, optional_body))
        return handler

    return register
