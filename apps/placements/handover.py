"""What becomes of placements when somebody who stands in them leaves their organization."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.dispatch import receiver
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.applications.models import Application
from apps.applications.services import application_withdraw
from apps.core.actor import Actor
from apps.organizations.events import OpenWork, membership_ending, open_work_asked
from apps.organizations.models import Membership

from .events import tutor_replaced
from .models import Placement, Side

SHOWN = 20
TUTORS = ((Side.ACADEMIC, "academic_tutor"), (Side.ENTERPRISE, "enterprise_tutor"))


@receiver(open_work_asked)
def say_what_is_open(membership: Membership, **kwargs: Any) -> list[OpenWork]:
    """Placements to hand over to another tutor; of a student, the placement that must end first, and open applications."""
    found = []
    for side, field in TUTORS:
        names = _students(_under_way(**{field: membership}))
        if names:
            found.append(OpenWork(_as_tutor(side, len(names)), names[:SHOWN]))
    if _under_way(student=membership).exists():
        obstacle = _("A placement of this student is under way. Complete it or break it off first.")
        found.append(OpenWork(_("A placement is under way."), passes_on=False, obstacle=obstacle))
    waiting = _without_placement(membership).count()
    if waiting:
        text = ngettext("%(count)d application is withdrawn.", "%(count)d applications are withdrawn.", waiting)
        found.append(OpenWork(text % {"count": waiting}, passes_on=False))
    return found


@receiver(membership_ending)
def hand_over(actor: Actor, membership: Membership, successor: Membership | None, **kwargs: Any) -> None:
    """The successor follows as tutor; what a student who leaves has asked for is withdrawn, and its places are free."""
    for application_id in list(_without_placement(membership).order_by("pk").values_list("pk", flat=True)):
        application_withdraw(Actor.system("membership_end"), application_id=application_id)
    if successor is None:
        return
    for side, field in TUTORS:
        rows = _under_way(**{field: membership}).select_for_update(of=("self",), no_key=True).order_by("pk")
        ids = [placement.pk for placement in rows]
        if ids:
            Placement.objects.filter(pk__in=ids).update(**{field: successor})
            tutor_replaced.send(Placement, actor=actor, placement_ids=ids, side=side, tutor_id=successor.pk)


def _under_way(**who: Membership) -> QuerySet[Placement]:
    return Placement.objects.filter(**who, state__in=Placement.UNDER_WAY)


def _without_placement(membership: Membership) -> QuerySet[Application]:
    return Application.objects.live().filter(student=membership, placement=None)


def _students(placements: QuerySet[Placement]) -> tuple[str, ...]:
    return tuple(placements.order_by("pk").values_list("student__user__name", flat=True))


def _as_tutor(side: str, count: int) -> str:
    if side == Side.ACADEMIC:
        text = ngettext("%(count)d placement as academic tutor", "%(count)d placements as academic tutor", count)
    else:
        text = ngettext("%(count)d placement as enterprise tutor", "%(count)d placements as enterprise tutor", count)
    return text % {"count": count}
