"""Who reads the history of an application: who decides on it, and who arranges placements for the student."""

from __future__ import annotations

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from apps.audit.registry import Trail, register
from apps.core.actor import Actor
from apps.core.errors import ALLOWED, Decision
from apps.organizations.models import Role

from .models import Application


def can_read_history(actor: Actor, application: Application) -> Decision:
    if actor.role != Role.STUDENT and (actor.may("review_applications") or actor.may("manage_placements")):
        return ALLOWED
    return Decision(False, _("Only those who decide on an application or arrange placements read its history."))


register(
    Trail(
        name="application",
        title=_("History of the application"),
        rows=Application.objects.all,
        decide=can_read_history,
        home=lambda application: reverse("applications:application_detail", args=[application.pk]),
    )
)
