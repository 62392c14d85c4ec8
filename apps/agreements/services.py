"""Drafting, submitting, signing and ending agreements."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from apps.core.actor import Actor
from apps.core.errors import WrongState
from apps.core.services import (
    check_version,
    fetch,
    fetch_locked,
    move,
    require_confirmed,
    require_reason,
    save_valid,
    service,
)
from apps.notifications.services import notify
from apps.organizations.models import Organization
from apps.organizations.services import grant_to_roles, sync_grants

from .events import agreement_in_force, agreement_terminated
from .models import Agreement, AgreementParty, Signature
from .policies import can_draft, can_edit, can_sign, can_terminate

GRANTED = ("view_agreement", "sign_agreement")
"""What who signs for a party holds on each agreement that was submitted."""


@service
def agreement_draft(
    actor: Actor,
    *,
    title: str,
    mode: str,
    content: str,
    starts_on: date,
    ends_on: date,
    party_ids: Collection[int],
) -> Agreement:
    """A new draft of the acting organization, which is always a party; the others see it when it is submitted.

    ``ValidationError`` unless there are two parties or more and the dates are in order. A repeat makes another draft.
    """
    can_draft(actor).require()
    agreement = Agreement(
        title=title,
        mode=mode,
        content=content,
        starts_on=starts_on,
        ends_on=ends_on,
        drafted_by_id=actor.organization_id,
    )
    save_valid(agreement)
    _set_parties(actor, agreement, party_ids)
    return agreement


@service
def agreement_revise(
    actor: Actor,
    *,
    agreement_id: int,
    expected_version: int | None,
    title: str,
    mode: str,
    content: str,
    starts_on: date,
    ends_on: date,
    party_ids: Collection[int],
) -> Agreement:
    """Replace the text and the parties of a draft; ``WrongState`` once submitted, or when somebody changed it meanwhile."""
    agreement = fetch_locked(Agreement.objects.visible_to(actor), pk=agreement_id)
    can_edit(actor, agreement).require()
    if agreement.state != Agreement.State.DRAFT:
        raise WrongState(_("Only a draft can be changed: signatures bind what was shown."))
    check_version(agreement, expected_version)
    agreement.title, agreement.mode, agreement.content = title, mode, content
    agreement.starts_on, agreement.ends_on = starts_on, ends_on
    agreement.version += 1
    save_valid(agreement)
    _set_parties(actor, agreement, party_ids)
    return agreement


def _set_parties(actor: Actor, agreement: Agreement, party_ids: Collection[int]) -> None:
    wanted = {*party_ids, agreement.drafted_by_id}
    known = set(Organization.objects.visible_to(actor).filter(pk__in=wanted).values_list("pk", flat=True))
    if known != wanted:
        raise ValidationError({"parties": _("One of these organizations does not exist.")})
    if len(wanted) < 2:
        raise ValidationError({"parties": _("An agreement needs at least one other party.")})
    agreement.parties.exclude(organization_id__in=wanted).delete()
    present = set(agreement.parties.values_list("organization_id", flat=True))
    AgreementParty.objects.bulk_create(
        [AgreementParty(agreement=agreement, organization_id=pk) for pk in sorted(wanted - present)]
    )


@service
def agreement_submit(actor: Actor, *, agreement_id: int) -> Agreement:
    """Show the draft to all parties for signature and grant their signing roles this agreement; they are told.

    A repeat returns the agreement as it is.
    """
    agreement = fetch_locked(Agreement.objects.visible_to(actor), pk=agreement_id)
    can_edit(actor, agreement).require()
    if agreement.state == Agreement.State.AWAITING_SIGNATURES:
        return agreement
    move(agreement.submit)
    save_valid(agreement)
    grant_to_roles(
        agreement,
        organization_ids=agreement.parties.values_list("organization_id", flat=True),
        permissions=GRANTED,
        holders="sign_agreements",
    )
    notify("agreement_submitted", key=str(agreement.pk), agreement=agreement.pk)
    return agreement


@service
def agreement_sign(actor: Actor, *, agreement_id: int, content_hash: str) -> Signature:
    """Sign for the acting organization what was shown, named by its hash; the last party's brings it into force.

    In order: the signature, the state, ``agreement_in_force``, notices to the parties. ``WrongState`` when the agreement is
    not awaiting signatures or ``content_hash`` is not that of its content now; ``NotConfirmed`` unless the person gave the
    second factor just now. A repeat returns the first signature.
    """
    agreement = fetch_locked(Agreement.objects.visible_to(actor), pk=agreement_id)
    can_sign(actor, agreement).require()
    party = fetch(agreement.parties.all(), organization_id=actor.organization_id)
    present = Signature.objects.filter(party=party).first()
    if present is not None:
        return present
    require_confirmed(actor)
    if agreement.state != Agreement.State.AWAITING_SIGNATURES:
        raise WrongState(
            _("This cannot be signed: the agreement is “%(state)s”.") % {"state": agreement.get_state_display()}
        )
    if content_hash != agreement.content_hash:
        raise WrongState(_("The agreement is not the one that you were shown. Read it again, then sign."))
    signature = Signature(party=party, signer_id=actor.membership_id, content_hash=content_hash)
    save_valid(signature)
    if not agreement.parties.filter(signature=None).exists():
        move(agreement.come_into_force)
        save_valid(agreement)
        agreement_in_force.send(Agreement, actor=actor, agreement=agreement)
        notify("agreement_in_force", key=str(agreement.pk), agreement=agreement.pk)
    return signature


@service
def agreement_terminate(actor: Actor, *, agreement_id: int, reason: str) -> Agreement:
    """End an agreement that awaits signatures or is in force; upper floors act in the same transaction; parties are told.

    ``ValidationError`` without a reason. A repeat returns the agreement as it is.
    """
    agreement = fetch_locked(Agreement.objects.visible_to(actor), pk=agreement_id)
    can_terminate(actor, agreement).require()
    if agreement.state == Agreement.State.TERMINATED:
        return agreement
    reason = require_reason(reason)
    move(agreement.terminate, reason)
    save_valid(agreement)
    agreement_terminated.send(Agreement, actor=actor, agreement=agreement)
    notify("agreement_terminated", key=str(agreement.pk), agreement=agreement.pk)
    return agreement


def signing_grants_sync(organization_id: int) -> None:
    """Bring the grants on all submitted agreements of a party in step with who signs for it now. A repeat changes nothing."""
    submitted = Agreement.objects.with_party(organization_id).exclude(state=Agreement.State.DRAFT)
    sync_grants(submitted, organization_id=organization_id, permissions=GRANTED, holders="sign_agreements")
