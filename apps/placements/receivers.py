"""What placements do when applications announce or ask something."""

from __future__ import annotations

from typing import Any

from django.dispatch import receiver
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from apps.applications.events import PLACE_IS_FREE, application_shown, application_withdrawn
from apps.applications.models import Application
from apps.core.errors import WrongState
from apps.core.views import PortalRequest

from .models import Placement
from .policies import can_arrange


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
