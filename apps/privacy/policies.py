"""Who may decide what about a person's data."""

from __future__ import annotations

from collections.abc import Callable

from allauth.account.models import EmailAddress
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import User
from apps.core.actor import Actor
from apps.core.errors import ALLOWED, Decision

from .ages import FULL_AGE, OWN_CONSENT, is_under, latest_birth_date
from .models import LegalGuardian
from .models.guardians import LegalGuardianQuerySet

InCharge = Callable[[Actor, int], bool]
_in_charge: list[InCharge] = []


def in_charge(answer: InCharge) -> InCharge:
    """Register who else than the person registers guardians: an upper app says of whom an actor is in charge."""
    _in_charge.append(answer)
    return answer


def is_in_charge(actor: Actor, person_id: int) -> bool:
    """Whether the actor's organization looks after this person."""
    return actor.is_system or any(answer(actor, person_id) for answer in _in_charge)


def can_see_guardians(actor: Actor, person_id: int) -> Decision:
    """The person, and the school that looks after them."""
    if actor.is_system or (actor.is_person and actor.user_id == person_id) or is_in_charge(actor, person_id):
        return ALLOWED
    return Decision(False, _("Only the person and their school see who the guardians are."))


def can_consent(person: User) -> Decision:
    """A person of 14 or more decides alone."""
    if is_under(OWN_CONSENT, person.birth_date):
        return Decision(False, _("You are under 14: your guardian decides."))
    return ALLOWED


def can_copy(actor: Actor, person: User) -> Decision:
    """The person, or the proven guardian of a minor, in person: a token is nobody."""
    if actor.is_person and actor.user_id == person.pk:
        return ALLOWED
    if actor.is_person and wards_of(actor.user_id).filter(person=person).exists():
        return ALLOWED
    return Decision(False, _("Only the person, or the guardian of a minor, gets a copy of the data."))


def wards_of(user_id: int) -> LegalGuardianQuerySet:
    """The minors whose guardian this user is proven to be: by the link that went to an address which is their verified one."""
    addresses = EmailAddress.objects.filter(user_id=user_id, verified=True).annotate(lower=Lower("email"))
    return LegalGuardian.objects.current().filter(
        confirmed_at__isnull=False,
        email__in=addresses.values("lower"),
        person__birth_date__gt=latest_birth_date(FULL_AGE),
        person__erased_at=None,
    )


def can_decide(actor: Actor) -> Decision:
    """The platform's staff decide on erasures and holds."""
    if actor.is_system or actor.is_staff:
        return ALLOWED
    return Decision(False, _("Only the platform's staff decide this."))
