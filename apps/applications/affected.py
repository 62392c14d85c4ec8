"""What the end of an agreement does to applications at its bases: nobody decides on them any more."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.dispatch import receiver
from django.urls import reverse
from django.utils.translation import gettext as _
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

from .models import Application
from .services import application_reject


def _undecided(agreement: Agreement) -> QuerySet[Application]:
    return Application.objects.filter(intake__base__agreement=agreement, state=Application.State.SUBMITTED)


@receiver(agreement_terminated)
@receiver(agreement_expired)
def reject_undecided(sender: Any, agreement: Agreement, **kwargs: Any) -> None:
    """Students learn that nothing comes of it, and can apply elsewhere."""
    rows = _undecided(agreement).select_for_update(of=("self",), no_key=True).order_by("pk")
    for pk in [application.pk for application in rows]:
        reason = _("The agreement behind this base has ended.")
        application_reject(Actor.system("agreements.end"), application_id=pk, reason=reason)


@receiver(effects_asked)
def say_what_is_undecided(sender: Any, actor: Actor, agreement: Agreement, **kwargs: Any) -> list[Effect]:
    rows = _undecided(agreement)
    count = rows.count()
    text = ngettext(
        "%(count)d application that is not decided is turned down.",
        "%(count)d applications that are not decided are turned down.",
        count,
    )
    seen = Application.objects.visible_to(actor).filter(pk__in=rows).select_related("student__user").order_by("pk")
    touched = tuple(
        Touched(row.student.user.name, reverse("applications:application_detail", args=[row.pk]))
        for row in seen[:SHOWN]
    )
    return [Effect("applications", _("Applications not decided"), count, text % {"count": count}, touched)]
