"""Drafting, submitting, signing and ending agreements."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime, timedelta

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from apps.core.actor import Actor
from apps.core.dates import add_months
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

from ..events import agreement_in_force, agreement_terminated
from ..models import AgreedShare, Agreement, AgreementParty, Mode, Signature
from ..policies import can_draft, can_edit, can_sign, can_terminate
from .chain import chain_append

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

    ``mode``: a code. ``ValidationError`` unless there are two parties or more, the dates are in order, and both are as the mode
    wants them. A repeat makes another draft.
    """
    can_draft(actor).require()
    agreement = Agreement(title=title, content=content, drafted_by_id=actor.organization_id)
    _set_mode(actor, agreement, mode, starts_on, ends_on)
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
    agreement.title, agreement.content = title, content
    _set_mode(actor, agreement, mode, starts_on, ends_on)
    agreement.version += 1
    save_valid(agreement)
    _set_parties(actor, agreement, party_ids)
    return agreement


def _set_mode(actor: Actor, agreement: Agreement, code: str, starts_on: date, ends_on: date) -> None:
    """The mode, the newest version of its text, and a term that it allows."""
    mode = Mode.objects.visible_to(actor).filter(code=code).first()
    if mode is None:
        raise ValidationError({"mode": _("There is no such mode of cooperation.")})
    if mode.pk != agreement.mode_id:
        if mode.retired_at is not None:
            raise ValidationError({"mode": _("This mode is no longer used. Choose another.")})
        agreement.mode = mode
        agreement.template = mode.templates.first()
    if ends_on > starts_on:
        _check_term(mode, starts_on, ends_on)
    agreement.starts_on, agreement.ends_on = starts_on, ends_on


def _check_term(mode: Mode, starts_on: date, ends_on: date) -> None:
    if ends_on < add_months(starts_on, mode.shortest_months) - timedelta(days=1):
        text = _("An agreement of this mode runs for at least %(months)d months.")
        raise ValidationError({"ends_on": text % {"months": mode.shortest_months}})
    if mode.longest_months is not None and ends_on > add_months(starts_on, mode.longest_months):
        text = _("An agreement of this mode runs for at most %(months)d months.")
        raise ValidationError({"ends_on": text % {"months": mode.longest_months}})


def _set_parties(actor: Actor, agreement: Agreement, party_ids: Collection[int]) -> None:
    wanted = {*party_ids, agreement.drafted_by_id}
    known = dict(Organization.objects.visible_to(actor).filter(pk__in=wanted).values_list("pk", "kind"))
    if set(known) != wanted:
        raise ValidationError({"parties": _("One of these organizations does not exist.")})
    if len(wanted) < 2:
        raise ValidationError({"parties": _("An agreement needs at least one other party.")})
    missing = agreement.mode.missing_kinds(list(known.values()))
    if missing:
        kinds = dict(Organization.Kind.choices)
        words = [_(" or ").join(str(kinds[kind]) for kind in wanted_kind.split("|")) for wanted_kind in missing]
        raise ValidationError(
            {"parties": _("An agreement of this mode also needs: %(kinds)s.") % {"kinds": ", ".join(words)}}
        )
    present = set(agreement.parties.values_list("organization_id", flat=True))
    if present != wanted:
        # Shares that were agreed among others add up no more.
        AgreedShare.objects.filter(party__agreement=agreement).delete()
        agreement.obligations.exclude(party__organization_id__in=wanted).delete()
    agreement.parties.exclude(organization_id__in=wanted).delete()
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
    chain_append(actor, agreement, "submitted", document=agreement.document, submitted_at=_time(agreement.submitted_at))
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
    chain_append(actor, agreement, "signed", content_hash=signature.content_hash, signed_at=_time(signature.signed_at))
    if not agreement.parties.filter(signature=None).exists():
        move(agreement.come_into_force)
        save_valid(agreement)
        chain_append(actor, agreement, "in_force", in_force_at=_time(agreement.in_force_at))
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
    chain_append(actor, agreement, "terminated", reason=reason, terminated_at=_time(agreement.terminated_at))
    agreement_terminated.send(Agreement, actor=actor, agreement=agreement)
    notify("agreement_terminated", key=str(agreement.pk), agreement=agreement.pk)
    return agreement


def _time(moment: datetime | None) -> str:
    return moment.isoformat() if moment else ""


def signing_grants_sync(organization_id: int) -> None:
    """Bring the grants on all submitted agreements of a party in step with who signs for it now. A repeat changes nothing."""
    submitted = Agreement.objects.with_party(organization_id).exclude(state=Agreement.State.DRAFT)
    sync_grants(submitted, organization_id=organization_id, permissions=GRANTED, holders="sign_agreements")
