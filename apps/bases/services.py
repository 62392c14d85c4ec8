"""Bases are set up, intakes drafted, opened and closed, and places taken and freed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import F
from django.utils.translation import gettext as _

from apps.agreements.models import Agreement, AgreementParty
from apps.agreements.policies import opens
from apps.core.actor import Actor
from apps.core.errors import WrongState
from apps.core.services import fetch, fetch_locked, move, save_valid, service
from apps.notifications.services import notify

from .models import Base, Intake, Position
from .policies import can_create_base, can_manage_base, ready_to_open


@service
def base_create(
    actor: Actor,
    *,
    agreement_id: int,
    kind: str,
    name: str,
    region_code: str,
    address: str,
    name_en: str = "",
    description: str = "",
) -> Base:
    """A new base of the acting organization under an agreement.

    ``WrongState`` unless the organization is party to the agreement, its mode opens bases, and it is in force today.
    ``ValidationError`` when the host has a base of this name, so a repeat makes no second one.
    """
    agreement = fetch_locked(Agreement.objects.visible_to(actor).select_related("mode", "framework"), pk=agreement_id)
    can_create_base(actor).require()
    if not AgreementParty.objects.filter(agreement=agreement, organization_id=actor.organization_id).exists():
        raise WrongState(_("Your organization is not a party to this agreement."))
    covered = opens(agreement, "base")
    if not covered:
        raise WrongState(covered.reason)
    base = Base(
        host_id=actor.organization_id,
        agreement=agreement,
        kind=kind,
        name=name,
        name_en=name_en,
        region_id=region_code,
        address=address,
        description=description,
    )
    save_valid(base)
    return base


@service
def base_revise(actor: Actor, *, base_id: int, name: str, name_en: str, address: str, description: str) -> Base:
    """Replace what people read about the base. Its host, agreement, kind and region stay."""
    base = fetch_locked(Base.objects.visible_to(actor), pk=base_id)
    can_manage_base(actor, base).require()
    base.name, base.name_en, base.address, base.description = name, name_en, address, description
    save_valid(base)
    return base


@service
def intake_draft(
    actor: Actor,
    *,
    base_id: int,
    title: str,
    selection: str,
    closes_on: date,
    starts_on: date,
    ends_on: date,
    positions: Sequence[Mapping[str, Any]] = (),
) -> Intake:
    """A new draft with these positions (title, tasks, places). A repeat makes another draft."""
    base = fetch(Base.objects.visible_to(actor), pk=base_id)
    can_manage_base(actor, base).require()
    intake = Intake(
        base=base, title=title, selection=selection, closes_on=closes_on, starts_on=starts_on, ends_on=ends_on
    )
    save_valid(intake)
    for number, values in enumerate(positions, start=1):
        try:
            save_valid(Position(intake=intake, **values))
        except ValidationError as error:
            reason = " ".join(error.messages)
            text = _("Position %(number)s: %(reason)s") % {"number": number, "reason": reason}
            raise ValidationError({"positions": text}) from error
    return intake


@service
def intake_revise(
    actor: Actor, *, intake_id: int, title: str, selection: str, closes_on: date, starts_on: date, ends_on: date
) -> Intake:
    """Replace the call of a draft; ``WrongState`` once it has been opened."""
    intake = _draft_locked(actor, intake_id)
    intake.title, intake.selection = title, selection
    intake.closes_on, intake.starts_on, intake.ends_on = closes_on, starts_on, ends_on
    save_valid(intake)
    return intake


@service
def position_add(actor: Actor, *, intake_id: int, title: str, tasks: str, places: int) -> Position:
    """Add a kind of work to a draft; ``ValidationError`` when it has one of this title, so a repeat adds no second."""
    position = Position(intake=_draft_locked(actor, intake_id), title=title, tasks=tasks, places=places)
    save_valid(position)
    return position


@service
def position_remove(actor: Actor, *, position_id: int) -> None:
    """Take a kind of work out of a draft; ``WrongState`` once it has been opened."""
    position = fetch(Position.objects.visible_to(actor), pk=position_id)
    _draft_locked(actor, position.intake_id)
    position.delete()


def _draft_locked(actor: Actor, intake_id: int) -> Intake:
    intake = fetch_locked(Intake.objects.visible_to(actor).select_related("base"), pk=intake_id)
    can_manage_base(actor, intake.base).require()
    if intake.state != Intake.State.DRAFT:
        raise WrongState(_("Only a draft can be changed: students have seen this intake."))
    return intake


@service
def intake_open(actor: Actor, *, intake_id: int) -> Intake:
    """Show the intake to the partners and let their students apply; who arranges placements there and the students are told.

    ``WrongState`` without a position, after the last day to apply, or when the agreement allows no placements today. A repeat
    returns the intake as it is.
    """
    seen = fetch(Intake.objects.visible_to(actor).select_related("base"), pk=intake_id)
    # The agreement first, as its termination locks it before the intakes that it closes.
    fetch_locked(Agreement.objects.all(), pk=seen.base.agreement_id)
    intake = fetch_locked(Intake.objects.visible_to(actor).select_related("base__agreement"), pk=intake_id)
    can_manage_base(actor, intake.base).require()
    if intake.state == Intake.State.OPEN:
        return intake
    ready = ready_to_open(intake, has_positions=intake.positions.exists())
    if not ready and intake.state == Intake.State.DRAFT:
        raise WrongState(ready.reason)
    move(intake.open)
    save_valid(intake)
    notify("intake_opened", key=str(intake.pk), intake=intake.pk)
    return intake


@service
def intake_close(actor: Actor, *, intake_id: int) -> Intake:
    """Take no more applications; those that were sent can still be decided. A repeat returns the intake as it is."""
    intake = fetch_locked(Intake.objects.visible_to(actor).select_related("base"), pk=intake_id)
    can_manage_base(actor, intake.base).require()
    if intake.state == Intake.State.CLOSED:
        return intake
    move(intake.close)
    save_valid(intake)
    return intake


def intakes_close_under(agreement: Agreement) -> None:
    """Close what is open under an agreement that has ended, in the transaction that ended it."""
    running = Intake.objects.filter(base__agreement=agreement, state=Intake.State.OPEN).order_by("pk")
    for intake in running.select_for_update(of=("self",)):
        move(intake.close)
        save_valid(intake)


def place_take(position_id: int) -> bool:
    """Take one place in the caller's transaction, by one conditional update; False when none is left."""
    free = Position.objects.filter(pk=position_id, taken__lt=F("places"))
    return free.update(taken=F("taken") + 1) == 1


def place_free(position_id: int) -> None:
    """Give one place back in the caller's transaction. Each call gives one: the caller knows that it held one."""
    Position.objects.filter(pk=position_id).update(taken=F("taken") - 1)
