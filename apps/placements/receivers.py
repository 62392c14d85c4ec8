"""What placements do when applications announce or ask something."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, Q, QuerySet
from django.dispatch import receiver
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from apps.agreements.events import Group, groups_asked
from apps.agreements.models import Agreement
from apps.applications.events import PLACE_IS_FREE, application_shown, application_withdrawn
from apps.applications.models import Application
from apps.bases.events import Part, intake_shown
from apps.bases.models import Intake
from apps.core.actor import Actor
from apps.core.errors import WrongState
from apps.core.views import PortalRequest

from .models import Placement
from .policies import can_arrange, can_make_agreements
from .services.agreements import of_intake


@receiver(application_withdrawn)
def refuse_or_free(application: Application, **kwargs: Any) -> str | None:
    """A placement holds its application until it is broken off, which has given the place back already."""
    placement = Placement.objects.filter(application=application).first()
    if placement is None:
        return None
    if placement.state == Placement.State.BROKEN_OFF:
        return PLACE_IS_FREE
    raise WrongState(_("A placement has come of this application. Ask your coordinator to break it off."))


@receiver(application_shown)
def show_acts(request: PortalRequest, application: Application, **kwargs: Any) -> str:
    """The way from an accepted application to its placement."""
    if application.state != Application.State.ACCEPTED:
        return ""
    actor = request.actor
    context = {
        "application": application,
        "placement": Placement.objects.visible_to(actor).filter(application=application).first(),
        "may_arrange": can_arrange(actor, application).allowed,
    }
    return render_to_string("placements/_application_acts.html", context)


@receiver(intake_shown)
def show_agreements(request: PortalRequest, intake: Intake, **kwargs: Any) -> Part:
    """The way from an intake to the tri-party agreements of the own students there."""
    if not can_make_agreements(request.actor):
        return Part()
    rows = of_intake(request.actor, intake.pk)
    counts = rows.aggregate(
        placements=Count("pk"), signed=Count("pk", filter=Q(agreement__state=Agreement.State.IN_FORCE))
    )
    if not counts["placements"]:
        return Part()
    return Part(section=render_to_string("placements/_intake_agreements.html", {"intake": intake} | counts))


@receiver(groups_asked)
def group_by_intake(actor: Actor, agreements: QuerySet[Any, Any], **kwargs: Any) -> list[Group]:
    """Who signs many tri-party agreements chooses those of one intake."""
    rows = Placement.objects.visible_to(actor).filter(agreement__in=agreements)
    intakes = rows.order_by("application__intake__title").values_list(
        "application__intake", "application__intake__title"
    )
    return [
        Group(f"intake-{pk}", title, Placement.objects.filter(application__intake=pk).values("agreement"))
        for pk, title in intakes.distinct()
    ]
