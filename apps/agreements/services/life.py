"""The life of an agreement in force: suspended, resumed, ended early, expired."""

from __future__ import annotations

from datetime import date, timedelta

from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.core.actor import Actor
from apps.core.errors import WrongState
from apps.core.services import fetch, fetch_locked, move, require_reason, save_valid, service
from apps.notifications.services import notify

from ..events import agreement_expired, agreement_suspended, agreement_terminated
from ..models import Agreement, AgreementVersion
from ..policies import can_resume, can_terminate
from .chain import chain_append
from .circuit import close, last_locked, time_of

State, Cause = Agreement.State, Agreement.Cause


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

    On the last day upper floors act in the same transaction (``agreement_terminated``). ``ValidationError`` without a reason,
    or when a termination with notice keeps the notice period of the text not. A repeat returns the agreement as it is.
    """
    agreement = fetch_locked(Agreement.objects.visible_to(actor), pk=agreement_id)
    can_terminate(actor, agreement).require()
    if agreement.state == State.TERMINATED or agreement.notice_given_at is not None:
        return agreement
    if agreement.state not in Agreement.STANDING:
        raise WrongState(_("Only an agreement in force is terminated. Withdraw or refuse what is not signed by all."))
    today = timezone.localdate()
    agreement.last_day = last_day or today
    _check_last_day(agreement, cause, today)
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
    if agreement.last_day <= today:
        _end(actor, agreement)
    else:
        notify("agreement_notice", key=str(agreement.pk), agreement=agreement.pk)
    return agreement


def earliest_last_day(agreement: Agreement, today: date) -> date:
    """The first day on which a termination with notice, given today, can end the agreement: the text says how long it runs."""
    version = fetch(agreement.versions.all(), state=AgreementVersion.State.IN_FORCE)
    return min(today + timedelta(days=version.said.notice_days), agreement.ends_on)


def _check_last_day(agreement: Agreement, cause: str, today: date) -> None:
    if cause not in Cause.values:
        raise ValidationError({"cause": _("Choose why it ends.")})
    day = agreement.last_day or today
    if not today <= day <= agreement.ends_on:
        raise ValidationError({"last_day": _("The last day lies between today and the agreed end.")})
    if cause == Cause.NOTICE:
        first = earliest_last_day(agreement, today)
        if day < first:
            text = _("With the agreed notice it ends on %(day)s at the earliest.")
            raise ValidationError({"last_day": text % {"day": first.isoformat()}})


def _end(actor: Actor, agreement: Agreement) -> None:
    """In order: an open version is given up, the state, the chain, the event, notices."""
    if agreement.versions.open().exists():
        version = last_locked(Actor.system("agreements.end"), agreement.pk)
        move(version.withdraw, _("The agreement has ended."))
        close(actor, version, "withdrawn")
    move(agreement.terminate)
    save_valid(agreement)
    chain_append(actor, agreement, "terminated", ended_at=time_of(agreement.ended_at))
    agreement_terminated.send(Agreement, actor=actor, agreement=agreement)
    notify("agreement_terminated", key=str(agreement.pk), agreement=agreement.pk)


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
            move(agreement.expire)
            save_valid(agreement)
            chain_append(actor, agreement, "expired", ended_at=time_of(agreement.ended_at))
            agreement_expired.send(Agreement, actor=actor, agreement=agreement)
            notify("agreement_expired", key=str(agreement.pk), agreement=agreement.pk)
        else:
            continue
        ended += 1
    return ended
