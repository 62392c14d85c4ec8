"""Who reads the history of bases and intakes: those who manage them."""

from __future__ import annotations

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from apps.audit.registry import Trail, register

from .models import Base, Intake
from .policies import can_manage_base

register(
    Trail(
        name="base",
        title=_("History of the base"),
        rows=Base.objects.all,
        decide=can_manage_base,
        home=lambda base: reverse("bases:base_detail", args=[base.pk]),
    )
)
register(
    Trail(
        name="intake",
        title=_("History of the intake"),
        rows=Intake.objects.select_related("base").all,
        decide=lambda actor, intake: can_manage_base(actor, intake.base),
        home=lambda intake: reverse("bases:intake_detail", args=[intake.pk]),
    )
)
