"""What this app does when a lower app announces something."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet
from django.dispatch import receiver
from django.utils.translation import ngettext

from apps.core.actor import Actor
from apps.organizations.events import OpenWork, membership_ending, open_work_asked, role_rights_changed
from apps.organizations.models import Membership, Organization

from .models import AgreementVersion, Signer
from .services import signer_left, signing_grants_sync, student_left

SHOWN = 20


@receiver(role_rights_changed)
def follow_signing_rights(sender: Any, organization: Organization, codename: str, **kwargs: Any) -> None:
    """Who may sign for an organization now holds its agreements; who no longer may holds none."""
    if codename == "sign_agreements":
        signing_grants_sync(organization.pk)


@receiver(open_work_asked)
def say_what_is_open(membership: Membership, **kwargs: Any) -> list[OpenWork]:
    """Signatures for which the person is named: another must be. A student takes their own agreements along."""
    titles = tuple(_named(membership).order_by("pk").values_list("version__agreement__title", flat=True).distinct())
    found = []
    if titles:
        text = ngettext("%(count)d agreement to sign", "%(count)d agreements to sign", len(titles))
        found.append(OpenWork(text % {"count": len(titles)}, titles[:SHOWN]))
    own = _of_student(membership).count()
    if own:
        text = ngettext(
            "%(count)d agreement that is not signed by all is given up.",
            "%(count)d agreements that are not signed by all are given up.",
            own,
        )
        found.append(OpenWork(text % {"count": own}, passes_on=False))
    return found


@receiver(membership_ending)
def hand_over(actor: Actor, membership: Membership, successor: Membership | None, **kwargs: Any) -> None:
    """The successor signs instead, where they may; else whoever may sign for the party. A student's open versions end."""
    system = Actor.system("membership_end")
    for agreement_id in list(_of_student(membership).order_by("agreement_id").values_list("agreement_id", flat=True)):
        student_left(system, agreement_id=agreement_id, membership_id=membership.pk)
    involved = _open_signers().filter(Q(membership=membership) | Q(deputy=membership))
    agreements = involved.order_by("version__agreement_id").values_list("version__agreement_id", flat=True).distinct()
    for agreement_id in list(agreements):
        signer_left(
            system,
            agreement_id=agreement_id,
            membership_id=membership.pk,
            successor_id=successor.pk if successor else 0,
        )


def _open_signers() -> QuerySet[Signer]:
    given = Q(signatures__isnull=False, signatures__voided_at=None)
    open_ones = Signer.objects.filter(removed_at=None, version__state__in=AgreementVersion.OPEN)
    return open_ones.exclude(pk__in=Signer.objects.filter(given).values("pk")).filter(party__student=None)


def _named(membership: Membership) -> QuerySet[Signer]:
    return _open_signers().filter(membership=membership)


def _of_student(membership: Membership) -> QuerySet[AgreementVersion]:
    signs = Signer.objects.filter(party__student=membership, removed_at=None)
    return AgreementVersion.objects.open().filter(pk__in=signs.values("version"))
