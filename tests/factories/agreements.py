"""Agreements in the situations that tests need, reached by the services."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django.utils import timezone

from apps.agreements.models import Agreement, AgreementVersion, ClauseKey, Mode, Signer
from apps.agreements.services import agreement_draft, agreement_sign, agreement_submit
from apps.agreements.terms import Clause
from apps.core.actor import Actor
from apps.organizations.models import Membership

from .organizations import actor_as


def clauses_of(mode: str) -> list[Clause]:
    """A short text for each clause that the mode requires."""
    labels = dict(ClauseKey.choices)
    required = Mode.objects.get(pk=mode).required_clauses
    return [Clause(key, str(labels[ClauseKey(key)]), f"What is agreed on {key}.") for key in required]


def agreement_values(**values: Any) -> dict[str, Any]:
    today = timezone.localdate()
    return {
        "title": "Training base for mechatronics",
        "mode": "training_base",
        "starts_on": today,
        "ends_on": today + timedelta(days=366),
    } | values


def make_draft(drafter: Membership, *others: Membership, **values: Any) -> Agreement:
    """A draft of the first coordinator's organization with those of the others."""
    made = agreement_values(**values)
    usual: dict[str, Any] = {
        "clauses": clauses_of(made["mode"]),
        "party_ids": [member.organization_id for member in others],
    }
    return agreement_draft(actor_as(drafter), **usual | made)


def make_submitted(drafter: Membership, *others: Membership, **values: Any) -> Agreement:
    agreement = make_draft(drafter, *others, **values)
    agreement_submit(actor_as(drafter), agreement_id=agreement.pk)
    return Agreement.objects.get(pk=agreement.pk)


def make_in_force(drafter: Membership, *others: Membership, **values: Any) -> Agreement:
    """Signed by each of the coordinators, in turn."""
    agreement = make_submitted(drafter, *others, **values)
    sign_all(agreement, (drafter, *others))
    return Agreement.objects.get(pk=agreement.pk)


def open_version(agreement: Agreement) -> AgreementVersion:
    """Its newest version, with signers and signatures."""
    return AgreementVersion.objects.whole().filter(agreement=agreement).order_by("-number")[0]


def shown_hash(agreement: Agreement, actor: Actor) -> str:
    """The hash of what the actor's party is shown."""
    version = open_version(agreement)
    party = next(
        signer.party_id
        for signer in version.circuit
        if signer.party.student_id == actor.membership_id or signer.party.organization_id == actor.organization_id
    )
    return version.hash_for(party)


def sign(agreement: Agreement, member: Membership) -> None:
    actor = actor_as(member)
    agreement_sign(actor, agreement_id=agreement.pk, content_hash=shown_hash(agreement, actor))


def sign_all(agreement: Agreement, members: Iterable[Membership]) -> None:
    """Each signs when their turn comes."""
    left = {member.organization_id: member for member in members}
    while left and open_version(agreement).state == AgreementVersion.State.AWAITING_SIGNATURES:
        turn = open_version(agreement).waiting()
        for signer in turn:
            member = left.pop(signer.party.organization_id or signer.party.student.organization_id)  # type: ignore[union-attr]
            sign(agreement, member)


def signer_of(agreement: Agreement, organization_id: int) -> Signer:
    """The signer of an organization in the newest version."""
    return next(one for one in open_version(agreement).circuit if one.party.organization_id == organization_id)
