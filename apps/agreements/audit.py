"""Who reads the history of an agreement: those of its parties who draft and end agreements."""

from __future__ import annotations

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from apps.audit.registry import Trail, register

from .models import Agreement
from .policies import can_oversee

register(
    Trail(
        name="agreement",
        title=_("History of the agreement"),
        rows=Agreement.objects.all,
        decide=can_oversee,
        home=lambda agreement: reverse("agreements:agreement_detail", args=[agreement.pk]),
    )
)
