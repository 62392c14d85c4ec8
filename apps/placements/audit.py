"""Who reads the history of a placement: those who run it, on either side."""

from __future__ import annotations

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from apps.audit.registry import Trail, register

from .models import Placement
from .policies import can_run

register(
    Trail(
        name="placement",
        title=_("History of the placement"),
        rows=Placement.objects.all,
        decide=can_run,
        home=lambda placement: reverse("placements:placement_detail", args=[placement.pk]),
    )
)
