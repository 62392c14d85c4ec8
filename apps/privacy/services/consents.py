"""Consents are given, recorded and withdrawn here."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.core.actor import Actor
from apps.core.errors import NotAllowed, NotFound, WrongState
from apps.core.services import fetch, fetch_locked, save_valid, service

from ..models import Consent, ConsentText, LegalGuardian, Purpose
from ..policies import can_consent, is_in_charge
from ..texts import WORDINGS, Wording


def consent_given(user_id: int, purpose: str) -> bool:
    """Whether this person's consent to the current version of this purpose stands. Without a row: no."""
    return Consent.objects.standing().filter(person_id=user_id, text__purpose=purpose).exists()


@service
def consent_text_publish(actor: Actor, *, purpose: str, wording: Wording) -> ConsentText:
    """A new version supersedes the last one: who agreed to that is asked again. A version that is there stays as it is."""
    present = ConsentText.objects.filter(purpose=purpose, version__gte=wording.version).order_by("version").first()
    if present is not None:
        return present
    now = timezone.now()
    ConsentText.objects.filter(purpose=purpose, superseded_at=None).update(superseded_at=now)
    text = ConsentText(purpose=purpose, published_at=now, **wording._asdict())
    save_valid(text)
    return text


def publish_texts(**_signal: Any) -> None:
    """Bring the texts of the code into the database; after every migration. A repeat changes nothing."""
    if ConsentText._meta.db_table not in connection.introspection.table_names():
        return
    for purpose, wording in WORDINGS.items():
        consent_text_publish(Actor.system("privacy.publish_texts"), purpose=purpose, wording=wording)


@service
def consent_give(actor: Actor, *, text_id: int) -> Consent:
    """The person agrees to the text that was shown. A repeat returns the consent that stands.

    ``NotAllowed`` for a person under 14: their guardian decides. ``WrongState`` when there is a newer version.
    """
    text = fetch(ConsentText.objects.filter(purpose__in=Purpose.optional()), pk=text_id)
    person = _locked_person(actor.user_id)
    can_consent(person).require()
    if text.superseded_at is not None:
        raise WrongState(_("The text was changed in the meantime. Read the new one, then decide."))
    return _stand(person, text)


@service
def consent_withdraw(actor: Actor, *, consent_id: int) -> Consent:
    """From now on the purpose is off. A repeat keeps the first time."""
    consent = fetch_locked(Consent.objects.visible_to(actor), pk=consent_id)
    can_consent(consent.person).require()
    return _end(consent)


@service
def paper_consent_record(actor: Actor, *, person_id: int, guardian_id: int, given_at: datetime) -> Consent:
    """The school holds the guardian's consent for a child under 14 on paper, and says so. A repeat returns it."""
    if not is_in_charge(actor, person_id):
        raise NotFound
    person = _locked_person(person_id)
    guardian = fetch(LegalGuardian.objects.current(), pk=guardian_id, person_id=person_id)
    if given_at > timezone.now():
        raise ValidationError({"given_at": _("This day has not come yet.")})
    text = _current_text(Purpose.UNDER_14)
    if timezone.localdate(given_at) < timezone.localdate(text.published_at):
        raise ValidationError({"given_at": _("The current text is newer than this day: let it be signed again.")})
    return _stand(person, text, guardian=guardian, channel=Consent.Channel.PAPER, given_at=given_at)


@service
def guardian_consent_withdraw(actor: Actor, *, person_id: int) -> int:
    """The guardian of a child under 14 told the school that the consent ends; the account opens nothing from now on.

    Returns how many consents ended; a repeat finds none.
    """
    if not is_in_charge(actor, person_id):
        raise NotFound
    rows = Consent.objects.filter(person_id=person_id, text__purpose=Purpose.UNDER_14, withdrawn_at=None)
    return rows.update(withdrawn_at=timezone.now())


@transaction.atomic
def guardian_agrees(guardian: LegalGuardian, text: ConsentText) -> Consent:
    """The guardian's consent to exactly this text, by the link that was sent; called by ``guardian_answer`` alone."""
    return _stand(_locked_person(guardian.person_id), text, guardian=guardian)


def _locked_person(user_id: int) -> User:
    return fetch(User.objects.filter(erased_at=None).select_for_update(no_key=True), pk=user_id)


def _current_text(purpose: str) -> ConsentText:
    text = ConsentText.objects.filter(purpose=purpose, superseded_at=None).first()
    if text is None:
        raise ValidationError({"purpose": _("Nobody is asked for this.")})
    return text


def _stand(person: User, text: ConsentText, **values: Any) -> Consent:
    present = Consent.objects.filter(person=person, text=text, withdrawn_at=None).first()
    if present is not None:
        return present
    if text.purpose == Purpose.UNDER_14 and values.get("guardian") is None:
        raise NotAllowed(_("Only a guardian consents for a child under 14."))
    consent = Consent(person=person, text=text, **values)
    save_valid(consent)
    return consent


def _end(consent: Consent) -> Consent:
    if consent.withdrawn_at is None:
        consent.withdrawn_at = timezone.now()
        consent.save(update_fields=["withdrawn_at"])
    return consent
