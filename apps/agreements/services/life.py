"""The life of an agreement in force: suspended, resumed, ended early, expired."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Q
from django.dispatch import receiver
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.core.actor import Actor
from apps.core.errors import WrongState
from apps.core.services import fetch, fetch_locked, move, require_reason, save_valid, service
from apps.notifications.services import notify

from ..events import (
    SHOWN,
    Effect,
    Touched,
    agreement_expired,
    agreement_notice_given,
    agreement_suspended,
    agreement_terminated,
    effects_asked,
    effects_of,
)
from ..models import Agreement, AgreementQuerySet, AgreementVersion
from ..policies import can_resume, can_terminate
from .chain import chain_append, time_of
from .circuit import close, last_locked

State, Cause = Agreement.State, Agreement.Cause
UNSIGNED = (State.DRAFT, State.AWAITING_SIGNATURES)


@service
def agreement_suspend(actor: Actor, *, agreement_id: int, reason: str) -> Agreement:
    """Nothing new begins under the agreement until it is resumed; all parties are told why. A repeat changes nothing."""
    agreement = fetch_locked(Agreement.objects.visible_to(actor), pk=agreement_id)
    can_terminate(actor, agreement).require()
    if agreement.state == State.SUSPENDED:
        return agreement
    move(agreement.suspend, require_reason(reason), actor.organization_id)
    save_valid(agreement)
    chain_append(
        actor,
        agreement,
        "suspended",
        reason=agreement.suspension_reason,
        suspended_at=time_of(agreement.suspended_at),
        suspended_by=agreement.suspended_by_id,
    )
    agreement_suspended.send(Agreement, actor=actor, agreement=agreement)
    notify("agreement_suspended", key=f"{agreement.pk}:{time_of(agreement.suspended_at)}", agreement=agreement.pk)
    return agreement


@service
def agreement_resume(actor: Actor, *, agreement_id: int) -> Agreement:
    """The party that suspended it lets it go on. A repeat changes nothing."""
    agreement = fetch_locked(Agreement.objects.visible_to(actor), pk=agreement_id)
    can_resume(actor, agreement).require()
    if agreement.state == State.IN_FORCE:
        return agreement
    since = time_of(agreement.suspended_at)
    move(agreement.resume)
    save_valid(agreement)
    chain_append(actor, agreement, "resumed")
    notify("agreement_resumed", key=f"{agreement.pk}:{since}", agreement=agreement.pk)
    return agreement


@service
def agreement_terminate(
    actor: Actor,
    *,
    agreement_id: int,
    cause: str,
    reason: str,
    settlement: str = "",
    last_day: date | None = None,
) -> Agreement:
    """End an agreement early: on ``last_day``, or today when that is its last day. Parties are told at once.

    Upper floors learn of it now (``agreement_notice_given``) and act on the last day in the same transaction
    (``agreement_terminated``). ``ValidationError`` without a reason, or when a termination with notice keeps the notice period of
    the text not. Once notice was given only an earlier last day changes anything; a repeat returns the agreement as it is.
    """
    agreement = fetch_locked(Agreement.objects.visible_to(actor), pk=agreement_id)
    can_terminate(actor, agreement).require()
    if agreement.state == State.TERMINATED:
        return agreement
    today = timezone.localdate()
    day = _last_day(agreement, cause, last_day, today)
    if agreement.notice_given_at is not None and day >= agreement.final_day:
        return agreement
    agreement.last_day = day
    agreement.cause, agreement.termination_reason = cause, require_reason(reason)
    agreement.settlement = settlement.strip()
    agreement.notice_given_at = timezone.now()
    save_valid(agreement)
    chain_append(
        actor,
        agreement,
        "notice_given",
        cause=agreement.cause,
        reason=agreement.termination_reason,
        settlement=agreement.settlement,
        last_day=agreement.last_day.isoformat(),
        notice_given_at=time_of(agreement.notice_given_at),
    )
    agreement_notice_given.send(Agreement, actor=actor, agreement=agreement)
    if agreement.last_day <= today:
        _end(actor, agreement)
    else:
        notify("agreement_notice", key=f"{agreement.pk}:{day}", agreement=agreement.pk)
    return agreement


@dataclass(frozen=True, slots=True)
class Preview:
    """What a termination would do: from which day, and to what; ``earliest`` is the first day with notice."""

    earliest: date
    last_day: date
    effects: list[Effect]


def termination_preview(actor: Actor, *, agreement_id: int, cause: str, last_day: date | None = None) -> Preview:
    """What ``agreement_terminate`` would do, refused as it would be. Writes nothing."""
    agreement = fetch(Agreement.objects.visible_to(actor), pk=agreement_id)
    can_terminate(actor, agreement).require()
    today = timezone.localdate()
    day = _last_day(agreement, cause, last_day, today)
    if agreement.notice_given_at is not None and day >= agreement.final_day:
        text = _("Notice has been given: it ends on %(day)s. Only an earlier end changes that.")
        raise ValidationError({"last_day": text % {"day": agreement.final_day.isoformat()}})
    return Preview(earliest_last_day(agreement, today), day, effects_of(actor, agreement, day))


def earliest_last_day(agreement: Agreement, today: date) -> date:
    """The first day on which a termination with notice, given today, can end the agreement: the text says how long it runs."""
    version = fetch(agreement.versions.all(), state=AgreementVersion.State.IN_FORCE)
    return min(today + timedelta(days=version.said.notice_days), agreement.ends_on)


def _last_day(agreement: Agreement, cause: str, wanted: date | None, today: date) -> date:
    """The day on which it ends for this cause, checked; unless one is named the first possible."""
    if agreement.state not in Agreement.STANDING:
        raise WrongState(_("Only an agreement in force is terminated. Withdraw or refuse what is not signed by all."))
    if cause not in Cause.values:
        raise ValidationError({"cause": _("Choose why it ends.")})
    first = earliest_last_day(agreement, today) if cause == Cause.NOTICE else today
    day = wanted or first
    if not today <= day <= agreement.ends_on:
        raise ValidationError({"last_day": _("The last day lies between today and the agreed end.")})
    if day < first:
        text = _("With the agreed notice it ends on %(day)s at the earliest.")
        raise ValidationError({"last_day": text % {"day": first.isoformat()}})
    return day


def _end(actor: Actor, agreement: Agreement) -> None:
    """In order: what is open is given up, the state, the chain, the event, notices."""
    _give_up(agreement)
    move(agreement.terminate)
    save_valid(agreement)
    chain_append(actor, agreement, "terminated", ended_at=time_of(agreement.ended_at))
    _give_up_below(agreement)
    agreement_terminated.send(Agreement, actor=actor, agreement=agreement)
    notify("agreement_terminated", key=str(agreement.pk), agreement=agreement.pk)


def _expire(actor: Actor, agreement: Agreement) -> None:
    _give_up(agreement)
    move(agreement.expire)
    save_valid(agreement)
    chain_append(actor, agreement, "expired", ended_at=time_of(agreement.ended_at))
    _give_up_below(agreement)
    agreement_expired.send(Agreement, actor=actor, agreement=agreement)
    notify("agreement_expired", key=str(agreement.pk), agreement=agreement.pk)


def _give_up(agreement: Agreement) -> None:
    """Nobody can sign any more what an ended agreement left open."""
    if agreement.versions.open().exists():
        system = Actor.system("agreements.end")
        version = last_locked(system, agreement.pk)
        move(version.withdraw, _("The agreement has ended."))
        close(system, version, "withdrawn")


def _give_up_below(framework: Agreement) -> None:
    """Individual agreements that are not signed by all end with their framework; those in force keep to their own days."""
    system = Actor.system("agreements.end")
    unsigned = framework.individual_agreements.filter(state__in=UNSIGNED).order_by("pk")
    for pk in list(unsigned.values_list("pk", flat=True)):
        version = last_locked(system, pk)
        if version.agreement.state in UNSIGNED:
            move(version.withdraw, _("The framework agreement has ended."))
            close(system, version, "withdrawn")


@service
def agreements_end_due(actor: Actor, *, today: date | None = None) -> int:
    """Terminate those whose last day has passed, expire those whose term has; returns how many. A repeat ends none."""
    today = today or timezone.localdate()
    due = Agreement.objects.filter(state__in=Agreement.STANDING).filter(Q(last_day__lt=today) | Q(ends_on__lt=today))
    ended = 0
    for pk in list(due.values_list("pk", flat=True).order_by("pk")):
        agreement = fetch_locked(Agreement.objects.all(), pk=pk)
        if agreement.state not in Agreement.STANDING:
            continue
        if agreement.last_day is not None and agreement.last_day < today:
            _end(actor, agreement)
        elif agreement.ends_on < today:
            _expire(actor, agreement)
        else:
            continue
        ended += 1
    return ended


@receiver(effects_asked)
def _say_what_is_below(sender: Any, actor: Actor, agreement: Agreement, **kwargs: Any) -> list[Effect]:
    """Individual agreements: what is not signed by all ends with the framework, the rest keeps to its own days."""
    below = agreement.individual_agreements.all()
    unsigned, standing = below.filter(state__in=UNSIGNED), below.filter(state__in=Agreement.STANDING)
    open_count, standing_count = unsigned.count(), standing.count()
    return [
        Effect(
            "unsigned_agreements",
            _("Individual agreements not signed by all"),
            open_count,
            ngettext(
                "%(count)d individual agreement that is not signed by all is given up.",
                "%(count)d individual agreements that are not signed by all are given up.",
                open_count,
            )
            % {"count": open_count},
            _touched(unsigned.visible_to(actor)),
        ),
        Effect(
            "individual_agreements",
            _("Individual agreements in force"),
            standing_count,
            ngettext(
                "%(count)d individual agreement in force keeps to its own days; nothing new begins under it.",
                "%(count)d individual agreements in force keep to their own days; nothing new begins under them.",
                standing_count,
            )
            % {"count": standing_count},
            _touched(standing.visible_to(actor)),
        ),
    ]


def _touched(agreements: AgreementQuerySet) -> tuple[Touched, ...]:
    return tuple(
        Touched(f"{one.number} · {one.title}", reverse("agreements:agreement_detail", args=[one.pk]))
        for one in agreements.order_by("pk")[:SHOWN]
    )
