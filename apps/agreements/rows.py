"""Agreements as lists show them: with the parties and versions that the actor sees, and who has not signed since when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.core.actor import Actor

from .models import Agreement, AgreementParty, AgreementVersion, Signer
from .turns import since_of

LONG = 7
"""Days after which a missing signature is marked."""


@dataclass(frozen=True, slots=True)
class Missing:
    """Whose turn it is to sign, since when, and the last day to do so."""

    who: list[str]
    since: datetime
    until: date

    @property
    def days(self) -> int:
        return (timezone.now() - self.since).days

    @property
    def waited(self) -> str:
        return ngettext("%(days)d day", "%(days)d days", self.days) % {"days": self.days} if self.days else _("today")

    @property
    def tone(self) -> str:
        return "warning" if self.days >= LONG else "neutral"


def parties_seen(actor: Actor) -> QuerySet[AgreementParty]:
    """The parties that the actor may know of: not who is named in a change that was not shown yet."""
    rows = AgreementParty.objects.select_related("organization", "student__user")
    if actor.is_system:
        return rows
    signs = Signer.objects.filter(
        party=OuterRef("pk"), removed_at=None, version__in=AgreementVersion.objects.visible_to(actor)
    )
    return rows.filter(Q(joined_at__isnull=False) | Exists(signs))


def with_parties(rows: QuerySet[Agreement], actor: Actor) -> QuerySet[Agreement]:
    return rows.prefetch_related(Prefetch("parties", parties_seen(actor), to_attr="seen_parties"))


def with_missing(rows: QuerySet[Agreement], actor: Actor) -> QuerySet[Agreement]:
    """With what ``missing_of`` reads."""
    waiting = (
        AgreementVersion.objects.visible_to(actor).whole().filter(state=AgreementVersion.State.AWAITING_SIGNATURES)
    )
    return rows.prefetch_related(Prefetch("versions", waiting, to_attr="awaiting"))


def missing_of(agreement: Agreement) -> Missing | None:
    """Who has not signed the version that the parties have before them; ``None`` when none waits."""
    for version in agreement.awaiting:
        waiting = version.waiting()
        moments = [since_of(version, signer) for signer in waiting]
        since = min((moment for moment in moments if moment is not None), default=None)
        if since is not None:
            who = list(dict.fromkeys(str(signer.party) for signer in waiting))
            return Missing(who, since, version.sign_until)
    return None
