"""What this app adds to the page of an intake: to students the way to apply, to the two sides the applications."""

from __future__ import annotations

from typing import Any

from django.db.models import Count
from django.dispatch import receiver
from django.middleware.csrf import get_token
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from apps.bases.events import Part, intake_shown
from apps.bases.models import Intake, Position
from apps.bases.policies import takes_applications
from apps.core.errors import Text
from apps.core.views import PortalRequest
from apps.organizations.models import Role

from .models import Application
from .policies import can_apply, can_see_applications

SHOWN = 20


@receiver(intake_shown)
def add_to_intake(
    sender: Any, request: PortalRequest, intake: Intake, positions: list[Position], **kwargs: Any
) -> Part:
    if can_apply(request.actor):
        return Part(acts=_ways_to_apply(request, intake, positions))
    can_exist = intake.state != Intake.State.DRAFT
    if can_exist and request.actor.role != Role.STUDENT and can_see_applications(request.actor):
        return Part(section=_applications(request, intake))
    return Part()


def _ways_to_apply(request: PortalRequest, intake: Intake, positions: list[Position]) -> dict[int, SafeString]:
    own = Application.objects.visible_to(request.actor).live().filter(intake=intake).select_related("position").first()
    closed = takes_applications(intake).reason
    acts = {}
    for position in positions:
        mine = own if own is not None and own.position_id == position.pk else None
        why = "" if mine else _why_not_apply(own, closed, intake, position)
        context = {"position": position, "application": mine, "why": why}
        acts[position.pk] = render_to_string("applications/_apply.html", context)
    return acts


def _why_not_apply(own: Application | None, closed: Text, intake: Intake, position: Position) -> Text:
    if own is not None:
        return _("You have applied for “%(position)s” in this intake.") % {"position": own.position.title}
    if not closed and not position.free and intake.selection == Intake.Selection.FIRST_COME:
        return _("All places of this position are taken.")
    return closed


def _applications(request: PortalRequest, intake: Intake) -> SafeString:
    rows = Application.objects.visible_to(request.actor).filter(intake=intake).order_by()
    counts = dict(rows.values_list("state").annotate(Count("pk")))
    waiting = rows.filter(state=Application.State.SUBMITTED).order_by("pk")
    context = {
        # Rendered without the request, which would ask again for all that the shell shows.
        "csrf_token": get_token(request),
        "intake": intake,
        "counts": [(label, counts.get(state, 0)) for state, label in Application.State.choices],
        "waiting": list(waiting.select_related("student__user", "university", "position")[:SHOWN]),
        "decides": request.actor.may("review_applications") and request.actor.organization_id == intake.base.host_id,
    }
    return render_to_string("applications/_intake.html", context)
