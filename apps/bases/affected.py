"""What the end of an agreement does to the bases under it: they stay on record, and their open intakes close."""

from __future__ import annotations

from typing import Any

from django.dispatch import receiver
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from apps.agreements.events import (
    SHOWN,
    Effect,
    Touched,
    agreement_expired,
    agreement_terminated,
    effects_asked,
)
from apps.agreements.models import Agreement
from apps.core.actor import Actor

from .models import Base, Intake
from .services import intakes_close_under


@receiver(agreement_terminated)
@receiver(agreement_expired)
def close_intakes(sender: Any, agreement: Agreement, **kwargs: Any) -> None:
    """No student may apply for a place that no contract backs any more."""
    intakes_close_under(agreement)


@receiver(effects_asked)
def say_what_closes(sender: Any, actor: Actor, agreement: Agreement, **kwargs: Any) -> list[Effect]:
    bases = Base.objects.filter(agreement=agreement)
    intakes = Intake.objects.filter(base__agreement=agreement, state=Intake.State.OPEN)
    base_count, intake_count = bases.count(), intakes.count()
    seen = bases.visible_to(actor).order_by("pk")[:SHOWN]
    open_ones = intakes.visible_to(actor).select_related("base").order_by("pk")[:SHOWN]
    return [
        Effect(
            "bases",
            _("Bases"),
            base_count,
            ngettext("%(count)d base takes nobody new.", "%(count)d bases take nobody new.", base_count)
            % {"count": base_count},
            tuple(Touched(str(base), reverse("bases:base_detail", args=[base.pk])) for base in seen),
        ),
        Effect(
            "intakes",
            _("Open intakes"),
            intake_count,
            ngettext("%(count)d open intake closes.", "%(count)d open intakes close.", intake_count)
            % {"count": intake_count},
            tuple(
                Touched(f"{intake} · {intake.base}", reverse("bases:intake_detail", args=[intake.pk]))
                for intake in open_ones
            ),
        ),
    ]
