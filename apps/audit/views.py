"""The history of an object, the acts of an organization, and the sign-ins of a person."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from apps.core.actor import Actor
from apps.core.exports import csv_response
from apps.core.lists import ActorListView, choice_chips, keyset_page
from apps.core.services import fetch
from apps.core.views import PortalRequest

from .acts import Act, acts_of, every_act, in_words, page_of
from .changes import changed, entries_of, fields_of
from .models import SecurityEvent
from .policies import can_read_acts
from .registry import Trail, trail_of
from .services import security_event_record

MOST = 10_000
"""Acts in one file."""


def readable(actor: Actor, trail: Trail, pk: int) -> Any:
    """The object, to one who reads its history; ``NotFound`` or ``NotAllowed`` to others."""
    row = fetch(trail.rows().visible_to(actor), pk=pk)  # type: ignore[attr-defined]  # every trail's rows have it
    trail.decide(actor, row).require()
    return row


@require_safe
def object_history(request: PortalRequest, pk: int, trail: str) -> HttpResponse:
    """Who changed what, when, as whom: newest first; ``?field=`` shows the changes of one field alone."""
    told = trail_of(trail)
    row = readable(request.actor, told, pk)
    events: models.QuerySet[Any] = told.events(row).select_related("pgh_context")
    fields = [(field.name, str(field.verbose_name).capitalize()) for field in fields_of(told, row)]
    wanted = request.GET.get("field", "")
    if wanted in dict(fields):
        events = changed(events, wanted)
    page = keyset_page(events, request)
    context = {
        "title": told.title,
        "thing": row,
        "home": told.home(row),
        "entries": entries_of(request.actor, told, row, page.rows),
        "page": page,
        "chips": choice_chips(request, "field", fields, _("All changes")),
    }
    return render(request, "audit/object_history.html", context)


@require_safe
def act_list(request: PortalRequest) -> HttpResponseBase:
    """What the people of the acting organization did, newest first; as a file with ``?format=csv``."""
    actor = request.actor
    can_read_acts(actor).require()
    if request.GET.get("format") == "csv":
        about = {"report": "history", "format": "csv"}
        security_event_record(SecurityEvent.Kind.EXPORTED, actor=actor, request=request, about=about)
        head = [str(words) for words in (_("When"), _("Who"), _("As"), _("What"))]
        return csv_response("history", head, (_line(act) for act in every_act(actor, MOST)))
    contexts, next_url = page_of(acts_of(actor), request)
    context = {
        "acts": in_words(actor, contexts),
        "next_url": next_url,
        "exports": [{"label": "CSV", "url": "?format=csv"}],
    }
    return render(request, "audit/act_list.html", context)


def _line(act: Act) -> list[str]:
    things = "; ".join(f"{touched.thing} {touched.key} {touched.what}" for touched in act.touched)
    return [act.at.isoformat(timespec="seconds"), act.who.name, act.who.acting_as, things]


class SecurityList(ActorListView):
    """What happened to the person's own account; to administrators, also what was done in their organization's name."""

    queryset = SecurityEvent.objects.select_related("user")
    template_name = "audit/security_list.html"
