"""What DRF's settings name: who may ask, how answers are written and paged. Imports nothing that imports DRF's views."""

from __future__ import annotations

from typing import Any

import orjson
from django.utils.translation import gettext as _
from rest_framework.pagination import CursorPagination
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.renderers import BaseRenderer, BrowsableAPIRenderer
from rest_framework.request import Request

from .actor import Actor
from .errors import NotAllowed


def _plain(value: Any) -> str:
    return str(value)


class JSONRenderer(BaseRenderer):
    """JSON by orjson; decimals as strings, times in ISO 8601."""

    media_type = "application/json"
    format = "json"
    charset = None

    def render(self, data: Any, accepted_media_type: str | None = None, renderer_context: Any = None) -> bytes:
        if data is None:
            return b""
        return orjson.dumps(data, default=_plain, option=orjson.OPT_NON_STR_KEYS)


class BrowsableRenderer(BrowsableAPIRenderer):
    """The browsable page shows answers and no forms: acts are sent as JSON."""

    def show_form_for_method(self, *args: Any, **kwargs: Any) -> bool:
        return False

    def get_default_renderer(self, view: Any) -> BaseRenderer:
        return JSONRenderer()


class ActorRequired(BasePermission):
    """A signed-in person or a token with a current membership; writing needs a token with that scope."""

    def has_permission(self, request: Request, view: Any) -> bool:
        actor = actor_of(request)
        if not actor.is_person:
            return False
        if actor.read_only and request.method not in SAFE_METHODS:
            raise NotAllowed(_("This token may only read."))
        return True


def actor_of(request: Request) -> Actor:
    """The actor that the middleware or the token established."""
    actor: Actor = request._request.actor  # type: ignore[attr-defined]  # set by ActorMiddleware
    return actor


class KeysetPagination(CursorPagination):
    """Pages by key, newest first; the same cost on page 1,000 as on page 1."""

    ordering = "-pk"
    page_size = 50
    page_size_query_param = "page_size"
    max_page_size = 200
