"""What the end of an agreement does to students at its bases: each is listed until work goes on elsewhere."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.dispatch import receiver
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.agreements.events import (
    SHOWN,
    Effect,
    Touched,
    agreement_expired,
    agreement_notice_given,
    agreement_terminated,
    effects_asked,
)
from apps.agreements.models import Agreement
from apps.applications.models import Application
from apps.core.actor import Actor

from .events import placement_broken_off, placement_completed, placement_started
from .models import Placement
from .services.relocations import (
    agreement_without_placement,
    applications_losing,
    relocation_completed,
    relocations_find,
    relocations_follow,
)


@receiver(agreement_notice_given)
@receiver(agreement_terminated)
@receiver(agreement_expired)
def list_students(sender: Any, agreement: Agreement, **kwargs: Any) -> None:
    relocations_find(agreement)


@receiver(placement_started)
def take_off_the_list(sender: Any, actor: Actor, placement: Placement, **kwargs: Any) -> None:
    relocations_follow(actor, placement)


@receiver(placement_completed)
def need_no_other_base(sender: Any, placement: Placement, **kwargs: Any) -> None:
    relocation_completed(placement)


@receiver(placement_broken_off)
def end_agreement(sender: Any, placement: Placement, **kwargs: Any) -> None:
    agreement_without_placement(placement)


@receiver(effects_asked)
def say_who_loses_the_place(
    sender: Any, actor: Actor, agreement: Agreement, last_day: date, **kwargs: Any
) -> list[Effect]:
    losing = applications_losing(agreement, last_day)
    count = losing.count()
    text = ngettext(
        "%(count)d student loses the place and is listed until another base is found.",
        "%(count)d students lose their places and are listed until another base is found.",
        count,
    )
    seen = Application.objects.visible_to(actor).filter(pk__in=losing.values("pk")).order_by("pk")
    touched = tuple(
        Touched(
            f"{row.student.user.name} · {row.intake.base}", reverse("applications:application_detail", args=[row.pk])
        )
        for row in seen.select_related("student__user", "intake__base")[:SHOWN]
    )
    return [Effect("students", _("Students with a place"), count, text % {"count": count}, touched)]
