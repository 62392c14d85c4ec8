"""Signatures that are given without an account (by a one-time link), or on paper."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.core.files.base import File
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.core.actor import Actor
from apps.core.errors import NotFound, WrongState
from apps.core.services import fetch, move, require_reason, save_valid, service
from apps.core.uploads import stored_name

from ..models import AgreementFile, AgreementVersion, Signature, Signer, SigningLink
from ..policies import can_confirm_paper, can_record_paper
from .chain import chain_append, time_of
from .circuit import Evidence, check_shown, close, last_locked, open_locked, require_turn, settle, sign_as
from .links import digest_of, link_send
from .signers import signature_void

State, Method = AgreementVersion.State, Signature.Method


def link_open(key: str) -> SigningLink:
    """The unused, unexpired link of this key, as long as its version waits for signatures; ``NotFound`` otherwise."""
    links = SigningLink.objects.select_related("signer__version__agreement__mode", "signer__party")
    return fetch(
        links.filter(used_at=None, expires_at__gt=timezone.now(), signer__version__state=State.AWAITING_SIGNATURES),
        digest=digest_of(key),
    )


@service
def link_sign(actor: Actor, *, key: str, content_hash: str, name: str, evidence: Evidence) -> Signature:
    """The holder of a link signs what it was made for. ``ContentChanged`` when something else is shown now.

    ``ValidationError`` unless the name is the one that the party gave; ``NotFound`` for a link that opens nothing (any more).
    """
    version, signer, link = _linked(actor, key)
    check_shown(version, signer, content_hash)
    check_shown(version, signer, link.content_hash)
    if "".join(name.split()).casefold() != "".join(signer.name.split()).casefold():
        raise ValidationError({"name": _("Write the name as it stands in the agreement.")})
    link.used_at = timezone.now()
    link.save(update_fields=["used_at"])
    return sign_as(
        actor,
        version,
        signer,
        content_hash=content_hash,
        method=Method.LINK,
        authority=Signature.Authority.NAMED,
        name=signer.name,
        address=evidence.address or None,
        agent=evidence.agent[:300],
    )


@service
def link_refuse(actor: Actor, *, key: str, reason: str) -> AgreementVersion:
    """The holder of a link will not sign: the version ends, all parties are told why."""
    version, _signer, link = _linked(actor, key)
    link.used_at = timezone.now()
    link.save(update_fields=["used_at"])
    move(version.refuse, require_reason(reason))
    return close(actor, version, "refused")


def _linked(actor: Actor, key: str) -> tuple[AgreementVersion, Signer, SigningLink]:
    version = last_locked(actor, link_open(key).signer.version.agreement_id)
    link = link_open(key)
    signer = next((one for one in version.circuit if one.pk == link.signer_id), None)
    if signer is None or signer.standing is not None:
        raise NotFound
    return version, signer, link


@service
def link_send_again(actor: Actor, *, signer_id: int) -> Signer:
    """A new link for somebody whose turn it is; the earlier one opens nothing any more. Any party may ask for it."""
    version, signer = _missing(actor, signer_id)
    can_record_paper(actor, version).require()
    if version.state != State.AWAITING_SIGNATURES or not signer.email or signer not in version.waiting():
        raise WrongState(_("It is not this signer's turn to sign by a link."))
    link_send(signer, version.hash_for(signer.party_id))
    return signer


@service
def signature_record_paper(
    actor: Actor, *, signer_id: int, name: str, signed_on: date, scan: File[Any], sha256: str
) -> Signature:
    """Record what was signed on paper, with its scan (already checked); it counts once another party confirms it.

    This is the one way to keep a day before today: ``ValidationError`` for a day that lies ahead.
    """
    version, signer = _missing(actor, signer_id)
    can_record_paper(actor, version).require()
    if version.state != State.AWAITING_SIGNATURES:
        raise WrongState(_("Submit the version first: what is on paper has to be what was shown."))
    require_turn(version, signer)
    if signed_on > timezone.localdate():
        raise ValidationError({"signed_on": _("This day lies ahead.")})
    kept = AgreementFile(
        agreement=version.agreement, name=scan.name or "", sha256=sha256, added_by_id=actor.membership_id
    )
    kept.file.save(stored_name(kept.name), scan, save=False)
    save_valid(kept)
    return sign_as(
        actor,
        version,
        signer,
        membership_id=signer.membership_id,
        name=name.strip() or signer.who,
        content_hash=version.hash_for(signer.party_id),
        method=Method.PAPER,
        authority=Signature.Authority.NAMED if signer.who else Signature.Authority.ROLE,
        signed_on=signed_on,
        scan=kept,
    )


@service
def signature_confirm_paper(actor: Actor, *, signature_id: int) -> Signature:
    """Another party confirms that the scan shows what was agreed. A repeat changes nothing."""
    version, signature = _on_paper(actor, signature_id)
    can_confirm_paper(actor, version, signature).require()
    if signature.confirmed_at is not None:
        return signature
    _require_awaiting(version)
    signature.confirmed_at = timezone.now()
    signature.confirmed_by_id = actor.membership_id or None
    save_valid(signature)
    chain_append(
        actor,
        version.agreement,
        "paper_confirmed",
        version=version.number,
        signature=signature.pk,
        confirmed_at=time_of(signature.confirmed_at),
    )
    settle(actor, fetch(AgreementVersion.objects.whole(), pk=version.pk))
    return signature


@service
def signature_reject_paper(actor: Actor, *, signature_id: int, reason: str) -> Signature:
    """Another party says that the scan does not show what was agreed: it is void, and the signature is missing again."""
    version, signature = _on_paper(actor, signature_id)
    can_confirm_paper(actor, version, signature).require()
    if signature.confirmed_at is not None:
        raise WrongState(_("This signature was confirmed."))
    _require_awaiting(version)
    signature_void(actor, version, signature, require_reason(reason)[:200])
    settle(actor, fetch(AgreementVersion.objects.whole(), pk=version.pk))
    return signature


def _require_awaiting(version: AgreementVersion) -> None:
    if version.state != State.AWAITING_SIGNATURES:
        text = _("This is not possible: the %(thing)s is “%(state)s”.")
        raise WrongState(text % {"thing": version._meta.verbose_name, "state": version.get_state_display()})


def _missing(actor: Actor, signer_id: int) -> tuple[AgreementVersion, Signer]:
    seen = fetch(Signer.objects.select_related("version"), pk=signer_id)
    version = open_locked(actor, seen.version.agreement_id)
    signer = next((one for one in version.circuit if one.pk == signer_id), None)
    if signer is None:
        raise NotFound
    if signer.standing is not None:
        raise WrongState(_("This signature has been given."))
    return version, signer


def _on_paper(actor: Actor, signature_id: int) -> tuple[AgreementVersion, Signature]:
    seen = fetch(Signature.objects.select_related("signer__version"), pk=signature_id)
    version = last_locked(actor, seen.signer.version.agreement_id)
    standing = (signer.standing for signer in version.circuit)
    signature = next((one for one in standing if one is not None and one.pk == signature_id), None)
    if signature is None or signature.method != Method.PAPER:
        raise NotFound
    return version, signature
