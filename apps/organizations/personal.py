"""What organizations hold about people, and what stands against erasing somebody."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.dispatch import receiver
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import User
from apps.core.actor import Actor
from apps.core.errors import DomainError
from apps.privacy.events import former_people, obstacle, person_erasing
from apps.privacy.policies import in_charge
from apps.privacy.register import ERASE, EXPORT, KEEP, history, personal

from .events import open_work_of
from .models import Membership, Organization, Role
from .services import membership_end

personal(
    "organizations.Membership",
    person="user",
    act=KEEP,
    retention="account",
    why=_("Where you belong, and as what; signatures and records rest on it."),
    blank={"title": ""},
    since="ended_at",
)
personal(
    "organizations.OrganizationUserObjectPermission",
    person="user",
    act=ERASE,
    retention="account",
    why=_("Rights that were granted to you; end with the membership."),
)
personal(
    "organizations.Invitation",
    person="accepted_by",
    find=lambda person: Q(email__iexact=person.email),
    act=EXPORT,
    retention="invitation",
    why=_("The invitation by which you came."),
    fields=["email", "name", "role", "title", "created_at", "accepted_at"],
    blank={"email": "erased@erased.invalid", "name": "", "title": ""},
    since="expires_at",
)
personal(
    "organizations.Registration",
    person="applicant",
    only=Q(state="approved"),
    act=KEEP,
    retention="contract",
    why=_("Who registered the organization, and with which certificate."),
    fields=["kind", "code", "name", "created_at", "decided_at"],
)
personal(
    "organizations.Registration",
    title=_("Registrations that were not approved"),
    person="applicant",
    only=~Q(state="approved"),
    act=EXPORT,
    retention="registration",
    why=_("An organization that you wanted to register."),
    since="decided_at",
)
personal(
    "organizations.ApiToken",
    person="membership__user",
    act=EXPORT,
    retention="access_log",
    why=_("Keys of programs that act as you."),
    fields=["name", "scope", "created_at", "expires_at", "last_used_at", "last_address", "revoked_at"],
    since="expires_at",
)
history(
    "organizations.MembershipEvent",
    "organizations.OrganizationUserObjectPermissionEvent",
    "organizations.RegistrationEvent",
)


@in_charge
def school_is_in_charge(actor: Actor, person_id: int) -> bool:
    """Who arranges placements at a university is in charge of its students."""
    return (
        actor.may("manage_placements")
        and actor.organization_kind == Organization.Kind.UNIVERSITY
        and Membership.objects.filter(
            user_id=person_id, organization_id=actor.organization_id, role=Role.STUDENT, ended_at=None
        ).exists()
    )


@obstacle
def last_administrator(person: User) -> Iterator[Any]:
    """An organization without an administrator could let nobody in any more."""
    administrators = Membership.objects.current().filter(role=Role.ADMINISTRATOR)
    others = administrators.filter(organization=OuterRef("organization")).exclude(user=person)
    alone = administrators.filter(~Exists(others), user=person).select_related("organization")
    for membership in alone:
        yield _("You are the last administrator of %(organization)s: name another one first.") % {
            "organization": membership.organization
        }


@obstacle
def open_work(person: User) -> Iterator[Any]:
    """What hangs on a membership passes to somebody else before the person goes."""
    for membership in Membership.objects.current().filter(user=person).select_related("organization"):
        for work in open_work_of(membership):
            if work.passes_on or work.obstacle:
                yield work.obstacle or _("Hand over first (%(organization)s): %(work)s.") % {
                    "organization": membership.organization,
                    "work": work.text,
                }


@former_people
def without_membership_since(moment: datetime) -> QuerySet[User]:
    """No membership that runs or ended later, and not seen since."""
    recent = Membership.objects.filter(Q(ended_at=None) | Q(ended_at__gte=moment), user=OuterRef("pk"))
    unseen = Q(last_login=None) | Q(last_login__lt=moment)
    return User.objects.filter(~Exists(recent), unseen, date_joined__lt=moment)


@receiver(person_erasing)
def end_memberships(sender: Any, person: User, **_event: Any) -> None:
    """By the service; an old backup may hold work that nobody is left to hand over: then without it."""
    for membership in Membership.objects.filter(user=person, ended_at=None):
        try:
            with transaction.atomic():
                membership_end(Actor.system("privacy.erasure"), membership_id=membership.pk)
        except (DomainError, ValidationError):
            membership.ended_at = timezone.now()
            membership.save(update_fields=["ended_at"])
