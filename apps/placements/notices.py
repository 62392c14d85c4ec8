"""The kinds of notification that placements send."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import User
from apps.agreements.models import Agreement
from apps.notifications.kinds import Kind, register
from apps.organizations.models import Membership

from .models import Journal, JournalAnswer, Placement, Relocation

STUDENT, ACADEMIC_TUTOR, ENTERPRISE_TUTOR = "student_id", "academic_tutor_id", "enterprise_tutor_id"
UNIVERSITY, HOST = "university_id", "host_id"


class PlacementKind(Kind):
    """To ``people`` of the placement and to who arranges placements at ``sides``."""

    people: ClassVar[tuple[str, ...]]
    sides: ClassVar[tuple[str, ...]] = ()

    def placement(self, payload: dict[str, Any]) -> Placement:
        return Placement.objects.with_names().get(pk=payload["placement"])

    def recipients(self, payload: dict[str, Any]) -> QuerySet[User]:
        placement = self.placement(payload)
        people = Membership.objects.current().filter(pk__in=[getattr(placement, name) for name in self.people])
        sides = [getattr(placement, name) for name in self.sides]
        arrangers = Membership.objects.holding("manage_placements").filter(organization_id__in=sides)
        return User.objects.filter(Q(pk__in=people.values("user_id")) | Q(pk__in=arrangers.values("user_id")))

    def params(self, payload: dict[str, Any]) -> dict[str, str]:
        placement = self.placement(payload)
        tutor = placement.enterprise_tutor
        return {
            "student": placement.student.user.name,
            "position": placement.position.title,
            "base": placement.base.name,
            "tutor": tutor.user.name if tutor else "",
            "academic_tutor": placement.academic_tutor.user.name,
            "url": reverse("placements:placement_detail", args=[placement.pk]),
        }


@register
class PlacementArranged(PlacementKind):
    code = "placement_arranged"
    text = _("A placement is arranged: %(student)s as %(position)s at %(base)s.")
    people = (STUDENT,)
    sides = (HOST,)


@register
class EnterpriseTutorNamed(PlacementKind):
    code = "enterprise_tutor_named"
    text = _("%(tutor)s is now the enterprise tutor of %(student)s at %(base)s.")
    people = (ACADEMIC_TUTOR, ENTERPRISE_TUTOR)


@register
class AcademicTutorNamed(PlacementKind):
    code = "academic_tutor_named"
    text = _("%(academic_tutor)s is now the academic tutor of %(student)s at %(base)s.")
    people = (ACADEMIC_TUTOR, ENTERPRISE_TUTOR)


@register
class PlacementStarted(PlacementKind):
    code = "placement_started"
    text = _("The placement of %(student)s at %(base)s has started.")
    people = (STUDENT, ACADEMIC_TUTOR, ENTERPRISE_TUTOR)


@register
class PlacementBrokenOff(PlacementKind):
    code = "placement_broken_off"
    text = _("The placement of %(student)s at %(base)s was broken off.")
    people = (STUDENT, ACADEMIC_TUTOR, ENTERPRISE_TUTOR)
    sides = (UNIVERSITY, HOST)


@register
class RelocationNeeded(Kind):
    """To the student, and to the tutors of the placement."""

    code = "relocation_needed"
    text = _(
        "The agreement behind the place of %(student)s at %(base)s ends on %(last_day)s. Another base is looked for."
    )

    def recipients(self, payload: dict[str, Any]) -> QuerySet[User]:
        row = Relocation.objects.get(pk=payload["relocation"])
        placement = Placement.objects.filter(application=row.application_id).first()
        people = [row.student_id]
        if placement is not None:
            people += [placement.academic_tutor_id, placement.enterprise_tutor_id or 0]
        members = Membership.objects.current().filter(pk__in=people)
        return User.objects.filter(pk__in=members.values("user_id"))

    def params(self, payload: dict[str, Any]) -> dict[str, str]:
        rows = Relocation.objects.select_related("agreement", "application__intake__base", "student__user")
        row = rows.get(pk=payload["relocation"])
        return {
            "student": row.student.user.name,
            "base": row.application.intake.base.name,
            "last_day": row.agreement.final_day.isoformat(),
            "url": reverse("applications:application_detail", args=[row.application_id]),
        }


@register
class RelocationsFound(Kind):
    """To who arranges placements at the universities and hosts of the students."""

    code = "relocations_found"
    text = _("Agreement %(number)s “%(title)s” ends on %(last_day)s: its students need another base.")

    def recipients(self, payload: dict[str, Any]) -> QuerySet[User]:
        rows = Relocation.objects.filter(agreement_id=payload["agreement"])
        arrangers = Membership.objects.holding("manage_placements").filter(
            Q(organization_id__in=rows.values("university_id")) | Q(organization_id__in=rows.values("host_id"))
        )
        return User.objects.filter(pk__in=arrangers.values("user_id"))

    def params(self, payload: dict[str, Any]) -> dict[str, str]:
        agreement = Agreement.objects.get(pk=payload["agreement"])
        return {
            "number": agreement.number,
            "title": agreement.title,
            "last_day": agreement.final_day.isoformat(),
            "url": f"{reverse('placements:relocation_list')}?agreement={agreement.pk}",
        }


@register
class JournalSubmitted(PlacementKind):
    code = "journal_submitted"
    text = _("%(student)s wrote the journal of the week of %(week)s.")
    people = (ACADEMIC_TUTOR, ENTERPRISE_TUTOR)

    def placement(self, payload: dict[str, Any]) -> Placement:
        return Placement.objects.with_names().get(journals=payload["journal"])

    def params(self, payload: dict[str, Any]) -> dict[str, str]:
        journal = Journal.objects.get(pk=payload["journal"])
        return super().params(payload) | {
            "week": journal.week_of.isoformat(),
            "url": reverse("placements:journal_detail", args=[journal.pk]),
        }


@register
class JournalAnswered(PlacementKind):
    code = "journal_answered"
    text = _("%(tutor)s answered the journal of the week of %(week)s.")
    people = (STUDENT,)

    def placement(self, payload: dict[str, Any]) -> Placement:
        return Placement.objects.with_names().get(journals__answers=payload["answer"])

    def params(self, payload: dict[str, Any]) -> dict[str, str]:
        answer = JournalAnswer.objects.select_related("journal", "tutor__user").get(pk=payload["answer"])
        return super().params(payload) | {
            "tutor": answer.tutor.user.name,
            "week": answer.journal.week_of.isoformat(),
            "url": reverse("placements:journal_detail", args=[answer.journal_id]),
        }
