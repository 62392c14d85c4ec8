"""Organizations ask to be let in; somebody who knows them decides."""

from __future__ import annotations

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.base import File
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.core.actor import Actor
from apps.core.errors import NotFound, WrongState
from apps.core.services import fetch, fetch_locked, move, require_reason, save_valid, service
from apps.core.uploads import shown_name, stored_name

from ..events import registration_decided, registration_submitted
from ..models import Invitation, Membership, Organization, Registration, Role
from ..numbers import registration_number
from ..policies import can_decide_registration, can_register, can_withdraw_registration
from .invitations import invitation_of_holder
from .memberships import join
from .organizations import organization_create

MOST_PENDING = 3


@service
def registration_submit(
    actor: Actor,
    *,
    kind: str,
    country: str,
    code: str,
    name: str,
    evidence: File,
    name_en: str = "",
    region_code: str | None = None,
    note: str = "",
    invitation_id: int | None = None,
) -> Registration:
    """Describe an organization and ask that it be let in with the acting person as its first administrator.

    The answer is the same whether the organization is in the portal, has been asked for by others, or neither: that is for
    who decides to see. In order: the registration, the invitation that it follows is used up, who decides is told.
    ``ValidationError`` by field; also when three of the person's own wait already. A repeat returns the one that waits.
    """
    can_register(actor).require()
    # Held so that two of these at once find each other's registration.
    applicant = fetch(User.objects.filter(is_active=True).select_for_update(no_key=True), pk=actor.user_id)
    number = registration_number(code, country=country, kind=kind)
    waiting = Registration.objects.filter(applicant=applicant, state=Registration.State.PENDING)
    present = waiting.filter(code=number).first()
    if present is not None:
        return present
    if waiting.count() >= MOST_PENDING:
        raise ValidationError(_("Three of your registrations wait for a decision already."))
    if country == settings.HOME_COUNTRY and not region_code:
        raise ValidationError({"region": _("Say where the organization is seated.")})
    invitation = _used_up(actor, invitation_id, applicant)
    registration = Registration(
        applicant=applicant,
        kind=kind,
        country=country,
        code=number,
        name=name.strip(),
        name_en=name_en.strip(),
        region_id=region_code or None,
        note=note.strip(),
        evidence=File(evidence, name=stored_name(evidence.name or "")),
        evidence_name=shown_name(evidence.name or ""),
        invitation=invitation,
    )
    save_valid(registration)
    registration_submitted.send(Registration, actor=actor, registration=registration)
    return registration


def _used_up(actor: Actor, invitation_id: int | None, applicant: User) -> Invitation | None:
    if invitation_id is None:
        return None
    invitation = invitation_of_holder(actor, invitation_id)
    if invitation.purpose != Invitation.Purpose.ORGANIZATION:
        raise NotFound
    invitation.accept(applicant)
    save_valid(invitation)
    return invitation


@service
def registration_approve(actor: Actor, *, registration_id: int) -> Registration:
    """Let the organization in: it is made, or the one of this number without an administrator is claimed.

    In order: the organization with its role groups, the applicant as its administrator, the state, the applicant is told.
    ``WrongState`` after another decision, or when an organization of this number has an administrator, is suspended or is of
    another kind. Of two registrations of one number that are decided at once, one is approved. A repeat returns it as it is.
    """
    registration = _hold_all_of_number(actor, registration_id)
    can_decide_registration(actor, registration).require()
    if registration.state == Registration.State.APPROVED:
        return registration
    if registration.state == Registration.State.PENDING:
        organization = _claimed(registration) or _made(actor, registration)
        join(organization, registration.applicant_id, role=Role.ADMINISTRATOR)
    else:
        organization = None
    move(registration.approve, organization, _decider(actor))
    save_valid(registration)
    registration_decided.send(Registration, actor=actor, registration=registration)
    return registration


def _hold_all_of_number(actor: Actor, registration_id: int) -> Registration:
    """The registration as it is once all of its number are held, in the order of their keys."""
    visible = Registration.objects.visible_to(actor)
    number = fetch(visible, pk=registration_id).code
    list(Registration.objects.filter(code=number).select_for_update(no_key=True).order_by("pk"))
    return fetch(visible.select_related("invitation"), pk=registration_id)


def _claimed(registration: Registration) -> Organization | None:
    """The organization of this number that nobody administers, held; ``None`` when there is none of this number."""
    rows = Organization.objects.select_for_update(no_key=True)
    organization = rows.filter(code=registration.code).first()
    if organization is None:
        return None
    if organization.kind != registration.kind:
        raise WrongState(
            _("An organization of this number is here already, as another kind. Reject this registration.")
        )
    administrators = Membership.objects.filter(organization=organization, role=Role.ADMINISTRATOR, ended_at=None)
    if organization.suspended_at is not None or administrators.exists():
        raise WrongState(
            _(
                "This organization is here already and has an administrator. Reject this registration and say whom to ask."
            )
        )
    if registration.name_en and not organization.name_en:
        organization.name_en = registration.name_en
        save_valid(organization)
    return organization


def _made(actor: Actor, registration: Registration) -> Organization:
    return organization_create(
        actor,
        kind=registration.kind,
        code=registration.code,
        name=registration.name,
        name_en=registration.name_en,
        country=registration.country,
        region_code=registration.region_id,
    )


@service
def registration_reject(actor: Actor, *, registration_id: int, reason: str) -> Registration:
    """Say no, with a reason that the applicant reads; they are told. A repeat returns the registration as it is."""
    registration = fetch_locked(Registration.objects.visible_to(actor), pk=registration_id)
    can_decide_registration(actor, registration).require()
    if registration.state == Registration.State.REJECTED:
        return registration
    move(registration.reject, require_reason(reason), _decider(actor))
    save_valid(registration)
    registration_decided.send(Registration, actor=actor, registration=registration)
    return registration


@service
def registration_withdraw(actor: Actor, *, registration_id: int) -> Registration:
    """The applicant takes it back before it is decided. A repeat returns the registration as it is."""
    registration = fetch_locked(Registration.objects.visible_to(actor), pk=registration_id)
    can_withdraw_registration(actor, registration).require()
    if registration.state != Registration.State.WITHDRAWN:
        move(registration.withdraw)
        save_valid(registration)
    return registration


def _decider(actor: Actor) -> User | None:
    return User.objects.filter(pk=actor.user_id).first()
