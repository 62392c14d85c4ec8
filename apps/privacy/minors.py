"""Minors in figures: for the yearly audit of how their data is handled."""

from __future__ import annotations

from datetime import date

from django.db.models import Exists, OuterRef
from django.utils import timezone

from apps.accounts.models import User

from .ages import FULL_AGE, OWN_CONSENT, latest_birth_date
from .models import Consent, Disclosure, ErasureRequest, LegalGuardian


def report(year: int) -> dict[str, int]:
    """Figures of one year: how many minors at its end (or today), how they are guarded, who looked at their data."""
    day = min(date(year, 12, 31), timezone.localdate())
    minors = User.objects.filter(erased_at=None, birth_date__gt=latest_birth_date(FULL_AGE, day))
    children = minors.filter(birth_date__gt=latest_birth_date(OWN_CONSENT, day))
    guarded = Exists(LegalGuardian.objects.current().filter(person=OuterRef("pk")))
    looks = Disclosure.objects.filter(seen_at__year=year, subject__birth_date__isnull=False)
    return {
        "minors": minors.count(),
        "minors_without_guardian": minors.filter(~guarded).count(),
        "children_under_14": children.count(),
        "children_without_consent": children.filter(
            ~Exists(Consent.objects.standing_for_child(OuterRef("pk")))
        ).count(),
        "disclosures_of_minors": sum(1 for look in looks.select_related("subject") if _was_minor(look)),
        "viewers_of_minors": len({look.viewer_id for look in looks.select_related("subject") if _was_minor(look)}),
        "consents_withdrawn": Consent.objects.filter(withdrawn_at__year=year, guardian__isnull=False).count(),
        "erasures_asked": ErasureRequest.objects.filter(
            asked_at__year=year, person__birth_date__gt=latest_birth_date(FULL_AGE, day)
        ).count(),
    }


def _was_minor(look: Disclosure) -> bool:
    day = timezone.localdate(look.seen_at)
    return look.subject.birth_date is not None and look.subject.birth_date > latest_birth_date(FULL_AGE, day)
