"""Which minors at a school still need a guardian: a source of its coordinators' queue."""

from __future__ import annotations

from datetime import date

from django.db.models import Exists, OuterRef, Q, QuerySet

from apps.applications.models import Application
from apps.core.actor import Actor
from apps.organizations.models import Membership, Role
from apps.placements.models import Placement
from apps.privacy.ages import FULL_AGE, OWN_CONSENT, latest_birth_date
from apps.privacy.models import Consent, LegalGuardian


def students_without_guardian(actor: Actor, today: date) -> QuerySet[Membership]:
    """Students under 18 of the acting university who apply or work somewhere and have no guardian registered, and those under
    14 without a guardian's consent; the youngest first."""
    guarded = Exists(LegalGuardian.objects.current().filter(person=OuterRef("user_id")))
    agreed = Exists(Consent.objects.standing_for_child(OuterRef("user_id")))
    busy = Exists(Application.objects.live().filter(student=OuterRef("pk"))) | Exists(
        Placement.objects.filter(student=OuterRef("pk"), state__in=Placement.UNDER_WAY)
    )
    minor = Q(user__birth_date__gt=latest_birth_date(FULL_AGE, today))
    child = Q(user__birth_date__gt=latest_birth_date(OWN_CONSENT, today))
    students = Membership.objects.current().filter(organization_id=actor.organization_id, role=Role.STUDENT)
    missing = students.filter((minor & Q(busy) & ~guarded) | (child & ~agreed))
    return missing.select_related("user").order_by("-user__birth_date", "pk")
