"""Lists in the browser: what the actor sees, filtered, by keyset pages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import django_filters
from django.db import models
from django.http import HttpRequest
from django.views.generic import TemplateView

from .actor import Actor
from .errors import Decision
from .views import PortalRequest

PAGE_SIZE = 50


@dataclass(frozen=True, slots=True)
class Page:
    """Rows of one page, newest first, and the addresses of its neighbours ("" where there is none)."""

    rows: list[Any]
    previous_url: str
    next_url: str


def keyset_page(rows: models.QuerySet[Any], request: HttpRequest, size: int = PAGE_SIZE) -> Page:
    """The page that ``?before=<pk>`` (older) or ``?after=<pk>`` (newer) names; the first one without. One statement.

    A key that is not a number is ignored.
    """
    before, after = _key(request, "before"), _key(request, "after")
    if after is not None:
        newer = list(rows.filter(pk__gt=after).order_by("pk")[: size + 1])
        more_newer, shown = len(newer) > size, newer[:size][::-1]
        more_older = True
    else:
        older = rows.order_by("-pk")
        if before is not None:
            older = older.filter(pk__lt=before)
        found = list(older[: size + 1])
        more_older, shown = len(found) > size, found[:size]
        more_newer = before is not None
    return Page(
        rows=shown,
        previous_url=_url(request, "after", shown[0].pk) if shown and more_newer else "",
        next_url=_url(request, "before", shown[-1].pk) if shown and more_older else "",
    )


def _key(request: HttpRequest, name: str) -> int | None:
    value = request.GET.get(name, "")
    return int(value) if value.isascii() and value.isdecimal() and len(value) < 19 else None


def _url(request: HttpRequest, name: str, key: int) -> str:
    query = request.GET.copy()
    for old in ("before", "after"):
        query.pop(old, None)
    query[name] = str(key)
    return f"{request.path}?{query.urlencode()}"


class ActorListView(TemplateView):
    """A list of the rows that the actor sees.

    Subclasses give ``queryset`` (its QuerySet has ``visible_to``), ``template_name``, and perhaps ``filterset_class``,
    ``permission`` (a codename without which the page answers 403), ``extra`` and ``chips``.
    """

    request: PortalRequest
    queryset: models.QuerySet[Any]
    filterset_class: type[django_filters.FilterSet] | None = None
    permission = ""

    def decide(self, actor: Actor) -> Decision:
        """May this actor have such a list at all?"""
        return Decision(not self.permission or actor.may(self.permission))

    def get_rows(self, actor: Actor) -> models.QuerySet[Any]:
        """The rows to page through: visible, with what the template shows of them."""
        rows: models.QuerySet[Any] = self.queryset.visible_to(actor)  # type: ignore[attr-defined]  # see the class docstring
        return rows

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        actor = self.request.actor
        self.decide(actor).require()
        rows = self.get_rows(actor)
        context: dict[str, Any] = {"filter": None}
        if self.filterset_class is not None:
            filterset = self.filterset_class(self.request.GET, queryset=rows, request=self.request)
            context["filter"] = filterset
            rows = filterset.qs
        return super().get_context_data(page=keyset_page(rows, self.request), actor=actor, **context, **kwargs)


def choice_chips(
    request: HttpRequest, parameter: str, choices: list[tuple[str, Any]], all_label: Any
) -> list[dict[str, Any]]:
    """Quick filters by one parameter, as links: all, then each choice."""
    current = request.GET.get(parameter, "")
    chips = []
    for value, label in [("", all_label), *choices]:
        query = request.GET.copy()
        for old in ("before", "after", parameter):
            query.pop(old, None)
        if value:
            query[parameter] = value
        chips.append({"label": label, "url": f"{request.path}?{query.urlencode()}", "active": value == current})
    return chips
