"""Erasure: asked for, taken back, refused, carried out; and the holds that stop it."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.sessions.models import Session
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, override

from apps.accounts.mail import queue_mail
from apps.accounts.models import User
from apps.core.actor import Actor
from apps.core.errors import NotAllowed, Text, WrongState
from apps.core.services import fetch_locked, move, require_reason, save_valid, service
from apps.jobs.outbox import outbox_send

from ..events import obstacles_of, person_erasing
from ..models import ErasureRequest, LegalHold
from ..policies import can_decide
from ..register import Act, register
from ..tombstones import TOPIC, to_erase_again


@service
def erasure_ask(actor: Actor, *, reason: str = "") -> ErasureRequest:
    """The person asks to be erased; it is carried out by itself ``settings.ERASURE_DAYS`` later unless taken back or refused.

    ``WrongState`` with the reasons while something lawful stands against it. A repeat returns the open request.
    """
    if not actor.is_person:
        raise NotAllowed
    person = _locked(actor.user_id)
    present = ErasureRequest.objects.open().filter(person=person).first()
    if present is not None:
        return present
    reasons = obstacles_of(person)
    if reasons:
        raise WrongState(" ".join(reasons))
    request = ErasureRequest(
        person=person, reason=reason.strip(), due_at=timezone.now() + timedelta(days=settings.ERASURE_DAYS)
    )
    save_valid(request)
    return request


@service
def erasure_withdraw(actor: Actor, *, request_id: int) -> ErasureRequest:
    """The person wants to stay. A repeat changes nothing; ``WrongState`` once it was decided."""
    request = fetch_locked(ErasureRequest.objects.filter(person_id=actor.user_id), pk=request_id)
    if request.state != ErasureRequest.State.WITHDRAWN:
        move(request.withdraw)
        save_valid(request)
    return request


@service
def erasure_refuse(actor: Actor, *, request_id: int, reason: str) -> ErasureRequest:
    """The platform's staff refuse for a lawful reason, which the person is told by mail. A repeat changes nothing."""
    request = fetch_locked(ErasureRequest.objects.visible_to(actor), pk=request_id)
    can_decide(actor).require()
    if request.state != ErasureRequest.State.REFUSED:
        _refuse(request, require_reason(reason), actor.user_id or None)
    return request


@service
def erasure_carry_out(actor: Actor, *, person_id: int) -> User:
    """Erase a person for ever. A repeat changes nothing.

    In order: upper apps end what runs (``person_erasing``), rows of EXPORT and ERASE are deleted or blanked, sessions end, the
    person becomes a number, their open request is done, the list of the erased gets a line, a mail says so. ``NotAllowed``
    but for the platform's staff; ``WrongState`` with the reasons while a hold or something lawful stands against it.
    """
    can_decide(actor).require()
    person = _locked(person_id)
    if person.erased_at is not None:
        return person
    if LegalHold.objects.standing().filter(person=person).exists():
        raise WrongState(_("A legal hold stands against it."))
    reasons = obstacles_of(person)
    if reasons:
        raise WrongState(" ".join(reasons))
    address, language = person.email, person.language
    _erase(actor, person)
    _tell(
        address,
        language,
        gettext_lazy("Your data was erased"),
        gettext_lazy("What the portal held about you is erased."),
    )
    return person


@service
def erasures_reapply(actor: Actor) -> int:
    """After an older backup was restored: erase again who is on the list; returns how many. A repeat finds nobody."""
    can_decide(actor).require()
    people = to_erase_again()
    for person in people:
        _erase(actor, _locked(person.pk))
    return len(people)


def erasures_carry_out_due(actor: Actor, *, now: datetime | None = None) -> int:
    """Carry out each request whose time has come, one transaction each; refuse what something lawful now stands against."""
    done = 0
    for request in ErasureRequest.objects.open().filter(due_at__lte=now or timezone.now()).order_by("pk"):
        try:
            erasure_carry_out(actor, person_id=request.person_id)
        except WrongState as error:
            erasure_refuse(actor, request_id=request.pk, reason=str(error.reason))
        else:
            done += 1
    return done


@service
def hold_place(actor: Actor, *, person_id: int, reason: str) -> LegalHold:
    """Nothing about the person is erased while this stands. A repeat returns the hold that stands."""
    can_decide(actor).require()
    person = _locked(person_id)
    present = LegalHold.objects.standing().filter(person=person).first()
    if present is not None:
        return present
    hold = LegalHold(person=person, reason=require_reason(reason), placed_by_id=actor.user_id or None)
    save_valid(hold)
    return hold


@service
def hold_lift(actor: Actor, *, hold_id: int) -> LegalHold:
    """The periods count again; what is due goes with the next daily run. A repeat keeps the first time."""
    can_decide(actor).require()
    hold = fetch_locked(LegalHold.objects.all(), pk=hold_id)
    if hold.lifted_at is None:
        hold.lifted_at = timezone.now()
        hold.save(update_fields=["lifted_at"])
    return hold


def _locked(person_id: int) -> User:
    return fetch_locked(User.objects.all(), pk=person_id)


def _refuse(request: ErasureRequest, reason: str, decided_by_id: int | None) -> None:
    move(request.refuse, reason, decided_by_id)
    save_valid(request)
    person = request.person
    _tell(person.email, person.language, gettext_lazy("Your request for erasure was refused"), reason)


def _tell(address: str, language: str, subject: Text, text: Text) -> None:
    with override(language):
        queue_mail(to=address, subject=str(subject), body=f"{text}\n")


def _erase(actor: Actor, person: User) -> None:
    person_erasing.send(User, actor=actor, person=person)
    # All found before the first goes: rows are found by an address or a name that stands in another one.
    found = [
        (holding, list(holding.rows_of(person).values_list("pk", flat=True)))
        for holding in register.children_first()
        if holding.act is not Act.KEEP
    ]
    for holding, keys in found:
        holding.erase(holding.model._base_manager.filter(pk__in=keys))
    _end_sessions(person)
    for request in ErasureRequest.objects.open().filter(person=person):
        move(request.carry_out, actor.user_id or None)
        save_valid(request)
    _anonymise(person)
    outbox_send(TOPIC, person=person.pk)


def _end_sessions(person: User) -> None:
    """Sessions name the person inside; there is no column to find them by."""
    own = [
        session.pk
        for session in Session.objects.iterator()
        if session.get_decoded().get("_auth_user_id") == str(person.pk)
    ]
    Session.objects.filter(pk__in=own).delete()


def _anonymise(person: User) -> None:
    person.name = f"Erased person {person.pk}"
    person.email = f"erased-{person.pk}@erased.invalid"
    person.set_unusable_password()
    person.birth_date = None
    person.last_login = None
    person.is_active = person.is_staff = person.is_superuser = False
    person.erased_at = timezone.now()
    person.groups.clear()
    person.user_permissions.clear()
    save_valid(person)
