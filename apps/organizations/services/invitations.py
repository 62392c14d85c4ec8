"""Invitations by e-mail. The key leaves in the mail; its hash stays."""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta

from django.conf import settings
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from apps.accounts.mail import queue_mail
from apps.accounts.models import User
from apps.core.actor import Actor
from apps.core.errors import NotFound, WrongState
from apps.core.services import fetch, fetch_locked, save_valid, service

from ..models import Invitation, Membership, Organization, Role
from ..policies import can_invite, can_manage_members, can_register
from .memberships import join, open_unit

VALID = timedelta(days=7)
PAUSE = timedelta(minutes=1)
MOST_OPEN = 2000


@service
def invitation_create(
    actor: Actor,
    *,
    email: str,
    purpose: str = Invitation.Purpose.MEMBER,
    role: str = "",
    name: str = "",
    title: str = "",
    unit_id: int | None = None,
) -> Invitation:
    """Ask the holder of an address to become a member of the acting organization, or to register one of their own.

    A mail with a key that is good for seven days and opens once, to the holder of that address; nothing tells whether the
    address has an account. ``ValidationError`` by field; also for somebody who is a member in this role already. A repeat
    returns the invitation that is open and sends nothing.
    """
    can_invite(actor, purpose).require()
    if purpose == Invitation.Purpose.ORGANIZATION:
        role, unit_id = "", None
    elif role not in Role.values:
        raise ValidationError({"role": _("Say in which role the person joins.")})
    # Held so that two of these at once find each other's invitation.
    organization = fetch_locked(Organization.objects.visible_to(actor), pk=actor.organization_id)
    email = email.strip().lower()
    open_ones = Invitation.objects.open().filter(organization=organization)
    present = open_ones.filter(purpose=purpose, email=email, role=role).first()
    if present is not None:
        return present
    if open_ones.count() >= MOST_OPEN:
        raise WrongState(_("Too many invitations are open. Revoke some, or wait until they are accepted."))
    members = Membership.objects.filter(organization=organization, role=role, ended_at=None)
    if members.filter(user__email__iexact=email).exists():
        raise ValidationError({"email": _("This person is a member in this role already.")})
    invitation = Invitation(
        organization=organization,
        purpose=purpose,
        email=email,
        role=role,
        name=name.strip(),
        title=title.strip(),
        unit=open_unit(organization.pk, unit_id),
        invited_by_id=actor.membership_id or None,
    )
    _send(invitation)
    return invitation


def _send(invitation: Invitation) -> None:
    """A new key, which makes the old one worthless, and the mail with it."""
    secret = secrets.token_urlsafe(32)
    invitation.digest = _digest(secret)
    invitation.expires_at = timezone.now() + VALID
    save_valid(invitation)
    subject, body = _texts(invitation, secret)
    queue_mail(to=invitation.email, subject=subject, body=body)


def _texts(invitation: Invitation, secret: str) -> tuple[str, str]:
    """In both languages, as nobody knows which the reader prefers; that of who invites comes first."""
    here = translation.get_language() or settings.LANGUAGE_CODE
    languages = sorted((code for code, _name in settings.LANGUAGES), key=lambda code: code != here)
    address = settings.SITE_URL + reverse("organizations:invitation_open", args=[secret])
    subjects, bodies = [], []
    for language in languages:
        with translation.override(language):
            facts = {
                "name": invitation.name,
                "organization": invitation.organization.local_name,
                "role": invitation.get_role_display(),
                "url": address,
            }
            is_member = invitation.purpose == Invitation.Purpose.MEMBER
            subjects.append(_SUBJECTS[is_member]() % facts)
            bodies.append(_BODIES[is_member]() % facts)
    return " / ".join(subjects), "\n\n――――――\n\n".join(bodies)


_SUBJECTS = {
    True: lambda: _("%(organization)s invites you to the Collab Portal"),
    False: lambda: _("%(organization)s invites your organization to the Collab Portal"),
}
_BODIES = {
    True: lambda: _(
        "%(organization)s invites you to join as %(role)s.\n\nOpen this address within seven days to accept:\n%(url)s\n\n"
        "It opens once and is meant for you alone. If you do not know %(organization)s, do nothing."
    ),
    False: lambda: _(
        "%(organization)s invites you to register your organization.\n\nOpen this address within seven days:\n%(url)s\n\n"
        "It opens once and is meant for you alone. If you do not know %(organization)s, do nothing."
    ),
}


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


@service
def invitation_resend(actor: Actor, *, invitation_id: int) -> Invitation:
    """Send a new key, good for seven days from now; the old one opens nothing any more.

    ``WrongState`` when it was accepted or revoked, or when the last mail left less than a minute ago.
    """
    invitation = _own(actor, invitation_id)
    if invitation.state not in (Invitation.State.OPEN, Invitation.State.EXPIRED):
        raise WrongState(_("This invitation is “%(state)s”.") % {"state": invitation.state.label})
    if invitation.expires_at - VALID + PAUSE > timezone.now():
        raise WrongState(_("The mail left less than a minute ago. Wait a moment."))
    _send(invitation)
    return invitation


@service
def invitation_revoke(actor: Actor, *, invitation_id: int) -> Invitation:
    """The key opens nothing any more. ``WrongState`` when it was accepted: end the membership instead. A repeat is harmless."""
    invitation = _own(actor, invitation_id)
    if invitation.accepted_at is not None:
        raise WrongState(_("This invitation was accepted. End the membership instead."))
    if invitation.revoked_at is None:
        invitation.revoked_at = timezone.now()
        save_valid(invitation)
    return invitation


def _own(actor: Actor, invitation_id: int) -> Invitation:
    invitation = fetch_locked(Invitation.objects.visible_to(actor), pk=invitation_id)
    can_manage_members(actor, invitation.organization_id).require()
    return invitation


def invitation_of_secret(secret: str) -> Invitation:
    """The invitation that this key opens, whoever holds it; ``NotFound`` when there is none."""
    return fetch(Invitation.objects.select_related("organization"), digest=_digest(secret))


def invitation_of_holder(actor: Actor, invitation_id: int) -> Invitation:
    """An invitation to the acting person, held; ``NotFound`` when it is somebody else's, ``WrongState`` unless it is open."""
    invitation = fetch_locked(Invitation.objects.addressed_to(actor.user_id), pk=invitation_id)
    if invitation.state != Invitation.State.OPEN and invitation.accepted_by_id != actor.user_id:
        raise WrongState(_("This invitation is “%(state)s”. Ask for a new one.") % {"state": invitation.state.label})
    return invitation


@service
def invitation_accept(actor: Actor, *, invitation_id: int) -> Membership:
    """The acting person joins the organization that invited one of their verified addresses. A repeat returns the membership.

    ``NotFound`` for an invitation to another address, ``WrongState`` when it has expired or was revoked, or the
    organization is suspended.
    """
    can_register(actor).require()
    invitation = invitation_of_holder(actor, invitation_id)
    if invitation.purpose != Invitation.Purpose.MEMBER:
        raise NotFound
    organization = invitation.organization
    if invitation.accepted_at is not None:
        return fetch(
            Membership.objects.current(), user_id=actor.user_id, organization=organization, role=invitation.role
        )
    if organization.suspended_at is not None:
        raise WrongState(_("The organization is suspended. Ask it when it is back."))
    unit = invitation.unit if invitation.unit and invitation.unit.closed_at is None else None
    membership = join(organization, actor.user_id, role=invitation.role, title=invitation.title, unit=unit)
    invitation.accept(fetch(User.objects.all(), pk=actor.user_id))
    save_valid(invitation)
    return membership
