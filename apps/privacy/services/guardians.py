"""Guardians are registered, asked and heard here."""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta

from django.conf import settings
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from apps.accounts.mail import queue_mail
from apps.accounts.models import User
from apps.core.actor import Actor
from apps.core.encryption import encrypt
from apps.core.errors import NotFound, WrongState
from apps.core.services import fetch, save_valid, service

from ..ages import FULL_AGE, OWN_CONSENT, is_under
from ..models import Consent, ConsentText, GuardianLink, LegalGuardian, Purpose
from ..policies import can_see_guardians
from .consents import guardian_agrees

LINK_DAYS = 14


@service
def guardian_register(
    actor: Actor, *, person_id: int, name: str, relation: str, phone: str, email: str
) -> LegalGuardian:
    """Register who answers for a minor, and send the guardian a link: to confirm, and under 14 to consent.

    By the person or the school that looks after them. ``ValidationError`` for a person of age. A repeat (the same address)
    returns the guardian that is there.
    """
    person = _minor(actor, person_id)
    email = email.strip().lower()
    present = LegalGuardian.objects.current().filter(person=person, email=email).first()
    if present is not None:
        return present
    if email == person.email.lower():
        raise ValidationError({"email": _("This is the address of the young person. Give the guardian's own.")})
    guardian = LegalGuardian(
        person=person, name=name, relation=relation, email=email, registered_by_id=actor.user_id or person_id
    )
    save_valid(guardian)
    if phone:
        guardian.phone = encrypt(phone, place=guardian.phone_place)
        guardian.save(update_fields=["phone"])
    _send_link(guardian)
    return guardian


@service
def guardian_ask_again(actor: Actor, *, guardian_id: int) -> LegalGuardian:
    """Send the guardian a new link; the earlier ones open nothing any more."""
    guardian = fetch(LegalGuardian.objects.current().select_related("person"), pk=guardian_id)
    _minor(actor, guardian.person_id)
    _send_link(guardian)
    return guardian


@service
def guardian_end(actor: Actor, *, guardian_id: int) -> LegalGuardian:
    """This person no longer answers for the minor; their consents end with it. A repeat changes nothing."""
    guardian = fetch(LegalGuardian.objects.select_for_update(no_key=True), pk=guardian_id)
    if not can_see_guardians(actor, guardian.person_id):
        raise NotFound
    if guardian.ended_at is None:
        guardian.ended_at = timezone.now()
        guardian.save(update_fields=["ended_at"])
        guardian.links.filter(answered_at=None).delete()
        Consent.objects.filter(guardian=guardian, withdrawn_at=None).update(withdrawn_at=guardian.ended_at)
    return guardian


def open_link(key: str) -> GuardianLink:
    """The unanswered, unexpired link of this key to a text that is still current; ``NotFound`` otherwise."""
    links = GuardianLink.objects.select_related("guardian__person", "text")
    return fetch(
        links.filter(
            answered_at=None, expires_at__gt=timezone.now(), guardian__ended_at=None, text__superseded_at=None
        ),
        digest=_digest(key),
    )


@service
def guardian_answer(actor: Actor, *, key: str, agrees: bool) -> GuardianLink:
    """The guardian answers by the link, once. Agreeing confirms the guardian and, for a child under 14, is the consent.

    ``NotFound`` for a link that is unknown, expired, answered, or asks about a text that is no longer current.
    """
    link = open_link(key)
    link = fetch(GuardianLink.objects.select_for_update(of=("self",)).filter(answered_at=None), pk=link.pk)
    now = timezone.now()
    link.answered_at = now
    link.answer = GuardianLink.Answer.GIVEN if agrees else GuardianLink.Answer.REFUSED
    save_valid(link)
    guardian = link.guardian
    if agrees:
        guardian.confirmed_at = guardian.confirmed_at or now
        guardian.save(update_fields=["confirmed_at"])
        if is_under(OWN_CONSENT, guardian.person.birth_date):
            guardian_agrees(guardian, link.text)
    return link


def waits_for_guardian(user_id: int) -> bool:
    """Whether this person is under 14 and no guardian's consent stands: then no membership opens."""
    person = User.objects.filter(pk=user_id).only("birth_date").first()
    if person is None or not is_under(OWN_CONSENT, person.birth_date):
        return False
    return not Consent.objects.standing_for_child(user_id).exists()


def _minor(actor: Actor, person_id: int) -> User:
    if not can_see_guardians(actor, person_id):
        raise NotFound
    person = fetch(User.objects.filter(erased_at=None).select_for_update(no_key=True), pk=person_id)
    if not is_under(FULL_AGE, person.birth_date):
        raise WrongState(_("Guardians are registered for people under 18 whose date of birth is known."))
    return person


def _send_link(guardian: LegalGuardian) -> None:
    text = fetch(ConsentText.objects.all(), purpose=Purpose.UNDER_14, superseded_at=None)
    guardian.links.filter(answered_at=None).delete()
    key = secrets.token_urlsafe(32)
    now = timezone.now()
    save_valid(
        GuardianLink(
            guardian=guardian,
            text=text,
            digest=_digest(key),
            created_at=now,
            expires_at=now + timedelta(days=LINK_DAYS),
        )
    )
    url = settings.SITE_URL + reverse("privacy:guardian_answer", args=[key])
    with override(guardian.person.language):
        queue_mail(
            to=guardian.email,
            subject=_("You are named as a guardian"),
            body=_(
                "%(guardian)s,\n\n%(person)s uses the Collab Portal for practical training and names you as guardian. "
                "Please read what is stored and answer within %(days)d days:\n\n%(url)s\n\n"
                "If you do not know this person, ignore this mail or answer that you do not agree.\n"
            )
            % {"guardian": guardian.name, "person": guardian.person.name, "days": LINK_DAYS, "url": url},
        )


def _digest(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()
