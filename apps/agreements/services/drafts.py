"""Drafting: what a version says and who shall sign it, as long as it is a draft."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.core.files.base import File
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from apps.core.actor import Actor
from apps.core.dates import add_months
from apps.core.errors import NotFound, WrongState
from apps.core.services import fetch, fetch_locked, save_valid, service
from apps.core.uploads import stored_name
from apps.organizations.models import Membership, Organization, Role

from ..models import (
    Agreement,
    AgreementFile,
    AgreementParty,
    AgreementVersion,
    ClauseKey,
    Mode,
    ModeTemplate,
    Obligation,
    Signer,
)
from ..policies import can_amend, can_draft, can_edit, opens
from ..terms import Attachment, Clause, Named, Terms
from .signers import Slot, signers_copy, signers_match, signers_put, turns_follow
from .values import check_values

SIGN_WITHIN = timedelta(days=60)
"""How long the parties have to sign when nothing else is said."""
Kind, State = AgreementVersion.Kind, AgreementVersion.State


@service
def agreement_draft(
    actor: Actor,
    *,
    title: str,
    mode: str,
    starts_on: date,
    ends_on: date,
    party_ids: Collection[int],
    clauses: Iterable[Clause] | None = None,
    framework_id: int = 0,
    student_ids: Collection[int] = (),
    sign_until: date | None = None,
) -> Agreement:
    """A new draft of the acting organization, which is always a party; the others see it when it is submitted.

    ``mode``: a code. Without ``clauses`` the draft starts from the mode's text in the active language. ``student_ids``:
    memberships. ``ValidationError`` unless there are two parties or more, the dates are in order, and both are as the mode and
    the framework want them. A repeat makes another draft.
    """
    can_draft(actor).require()
    chosen = Mode.objects.visible_to(actor).filter(code=mode).first()
    if chosen is None:
        raise ValidationError({"mode": _("There is no such mode of cooperation.")})
    if chosen.retired_at is not None:
        raise ValidationError({"mode": _("This mode is no longer used. Choose another.")})
    agreement = Agreement(
        title=title, mode=chosen, starts_on=starts_on, ends_on=ends_on, drafted_by_id=actor.organization_id
    )
    agreement.framework = _framework(actor, chosen, framework_id)
    save_valid(agreement)
    template = chosen.templates.first()
    version = AgreementVersion(
        agreement=agreement,
        template=template,
        drafted_by_id=actor.organization_id,
        sign_until=sign_until or timezone.localdate() + SIGN_WITHIN,
    )
    if clauses is None:
        clauses = _clauses_of(template)
    terms = Terms(
        title,
        starts_on,
        ends_on,
        _parties(actor, version, party_ids, student_ids),
        tuple(clauses),
        values=ModeTemplate.VALUES,
    )
    _keep(actor, version, terms)
    return agreement


def _clauses_of(template: ModeTemplate | None) -> list[Clause]:
    """In the active language."""
    rows = template.clauses_in(get_language() or "") if template else []
    return [Clause(row["key"], row["heading"], row["text"]) for row in rows]


def _framework(actor: Actor, mode: Mode, framework_id: int) -> Agreement | None:
    """The agreement under which one of this mode is made; needed by modes under which a placement starts."""
    if not framework_id:
        if mode.asks_framework:
            raise ValidationError({"framework": _("An agreement of this mode is made under a framework agreement.")})
        return None
    framework = Agreement.objects.visible_to(actor).select_related("mode").filter(pk=framework_id).first()
    if framework is None:
        raise ValidationError({"framework": _("There is no such agreement.")})
    decision = opens(framework, mode.code)
    if not decision:
        raise ValidationError({"framework": str(decision.reason)})
    return framework


@service
def version_propose(actor: Actor, *, agreement_id: int, kind: str, note: str) -> AgreementVersion:
    """A draft that changes an agreement in force (``amendment``) or lengthens it (``renewal``), beginning with what holds now.

    Any party may. ``WrongState`` unless it stands and no other version is open; ``ValidationError`` without a note on what
    changes and why.
    """
    agreement = fetch_locked(Agreement.objects.visible_to(actor), pk=agreement_id)
    can_amend(actor, agreement).require()
    if agreement.state not in Agreement.STANDING:
        raise WrongState(_("Only an agreement in force is amended or renewed."))
    if agreement.versions.open().exists():
        raise WrongState(_("Another version of this agreement is being drafted or signed."))
    if not note.strip():
        raise ValidationError({"note": _("Say what changes and why: all parties will read it.")})
    holds = fetch(agreement.versions.whole(), state=State.IN_FORCE)
    version = AgreementVersion(
        agreement=agreement,
        number=agreement.versions.count() + 1,
        kind=Kind.RENEWAL if kind == Kind.RENEWAL else Kind.AMENDMENT,
        template=holds.template,
        terms=holds.terms,
        note=note.strip(),
        drafted_by_id=actor.organization_id,
        sign_until=timezone.localdate() + SIGN_WITHIN,
    )
    save_valid(version)
    signers_copy(version, holds)
    return version


@service
def version_revise(
    actor: Actor,
    /,
    *,
    version_id: int,
    expected_revision: int | None,
    mode: str = "",
    framework_id: int | None = None,
    party_ids: Collection[int] | None = None,
    student_ids: Collection[int] | None = None,
    note: str | None = None,
    sign_until: date | None = None,
    **changes: Any,
) -> AgreementVersion:
    """Replace parts of what a draft says: ``title``, ``starts_on``, ``ends_on``, ``clauses``, ``duties``, ``shares``, ``values``.

    ``party_ids`` and ``student_ids`` (memberships; those that there are unless given) come together. ``mode`` and
    ``framework_id`` (0 for none) may change while nothing is in force. ``WrongState`` once submitted, or when somebody changed
    it meanwhile.
    """
    version = draft_locked(actor, version_id, expected_revision)
    agreement = version.agreement
    if _set_mode(actor, version, mode, framework_id) and party_ids is None:
        rows = agreement.parties.filter(pk__in=version.said.party_ids, organization__isnull=False)
        party_ids = [row.organization_id for row in rows if row.organization_id]
    if note is not None:
        version.note = note
    if sign_until is not None:
        version.sign_until = sign_until
    terms = replace(version.said, **changes)
    if party_ids is not None:
        if student_ids is None:
            students = agreement.parties.filter(pk__in=terms.party_ids, student__isnull=False)
            student_ids = [row.student_id for row in students if row.student_id]
        parties = _parties(actor, version, party_ids, student_ids)
        present = {named.party for named in parties}
        shares = terms.shares if {share.party for share in terms.shares} == present else ()
        duties = tuple(duty for duty in terms.duties if duty.party in present)
        terms = replace(terms, parties=parties, shares=shares, duties=duties)
    version.revision += 1
    _keep(actor, version, terms)
    return version


def _set_mode(actor: Actor, version: AgreementVersion, mode: str, framework_id: int | None) -> bool:
    """Whether that changes anything; who must be party, and who signs when, depends on it."""
    agreement = version.agreement
    wanted = (mode or agreement.mode_id, agreement.framework_id or 0 if framework_id is None else framework_id)
    if wanted == (agreement.mode_id, agreement.framework_id or 0):
        return False
    if version.number > 1:
        raise ValidationError({"mode": _("The mode of an agreement that was signed stays.")})
    if wanted[0] != agreement.mode_id:
        agreement.mode = fetch(Mode.objects.visible_to(actor).in_use(), pk=mode)
    agreement.framework = _framework(actor, agreement.mode, wanted[1])
    turns_follow(version)
    return True


@service
def signers_set(actor: Actor, *, version_id: int, expected_revision: int | None, slots: list[Slot]) -> AgreementVersion:
    """Who signs the draft, in which turn. ``ValidationError`` unless every party has a signer who may sign for it."""
    version = draft_locked(actor, version_id, expected_revision)
    signers_put(actor, version, slots)
    version.revision += 1
    save_valid(version)
    return version


@service
def attachment_add(
    actor: Actor,
    *,
    version_id: int,
    expected_revision: int | None,
    file: File[Any],
    sha256: str,
    concerns: Collection[int] = (),
) -> AgreementVersion:
    """Attach a file (already checked) to a draft; ``concerns``: the parties that it binds, none for all."""
    version = draft_locked(actor, version_id, expected_revision)
    terms = version.said
    if not set(concerns) <= terms.party_ids:
        raise ValidationError({"concerns": _("This organization is not party to the agreement.")})
    kept = AgreementFile(
        agreement=version.agreement, name=file.name or "", sha256=sha256, added_by_id=actor.membership_id
    )
    kept.file.save(stored_name(kept.name), file, save=False)
    save_valid(kept)
    added = Attachment(kept.pk, kept.name, sha256, tuple(sorted(concerns)))
    version.revision += 1
    _keep(actor, version, replace(terms, attachments=(*terms.attachments, added)))
    return version


@service
def attachment_remove(
    actor: Actor, *, version_id: int, expected_revision: int | None, file_id: int
) -> AgreementVersion:
    """Take a file out of a draft; versions that were shown keep it."""
    version = draft_locked(actor, version_id, expected_revision)
    terms = version.said
    kept = tuple(one for one in terms.attachments if one.file != file_id)
    if len(kept) == len(terms.attachments):
        raise NotFound
    version.revision += 1
    _keep(actor, version, replace(terms, attachments=kept))
    return version


def new_duty_key() -> str:
    """What names a duty in all versions."""
    return secrets.token_hex(4)


def draft_locked(actor: Actor, version_id: int, expected_revision: int | None) -> AgreementVersion:
    """The draft, with its agreement held; ``WrongState`` when it is none, or not the one that the person had before them."""
    seen = fetch(AgreementVersion.objects.visible_to(actor), pk=version_id)
    agreement = fetch_locked(Agreement.objects.visible_to(actor), pk=seen.agreement_id)
    version = fetch(AgreementVersion.objects.visible_to(actor), pk=version_id)
    version.agreement = agreement
    can_edit(actor, version).require()
    if version.state != State.DRAFT:
        raise WrongState(_("Only a draft can be changed: signatures bind what was shown. Take it back first."))
    if expected_revision is not None and version.revision != expected_revision:
        raise WrongState(_("Somebody changed this in the meantime. Load the page again and repeat your change."))
    return version


def _keep(actor: Actor, version: AgreementVersion, terms: Terms) -> None:
    """Check and save what a draft says; the agreement's own title and days follow until others see them."""
    agreement = version.agreement
    _check(version, terms)
    version.terms = terms.dump()
    if version.number == 1:
        if not agreement.parties.filter(shown_at__isnull=False).exists():
            agreement.title, agreement.starts_on, agreement.ends_on = terms.title, terms.starts_on, terms.ends_on
        save_valid(agreement)
    save_valid(version)
    signers_match(actor, version)


def _check(version: AgreementVersion, terms: Terms) -> None:
    mode, agreement = version.agreement.mode, version.agreement
    if not terms.title.strip() or len(terms.title) > 150:
        raise ValidationError({"title": _("Give a title of at most 150 characters.")})
    if terms.ends_on <= terms.starts_on:
        raise ValidationError({"ends_on": _("The end must lie after the start.")})
    _check_term(mode, terms.starts_on, terms.ends_on)
    if version.number > 1 and terms.starts_on != agreement.starts_on:
        raise ValidationError({"starts_on": _("An agreement in force has begun: its start stays.")})
    if len({duty.key for duty in terms.duties}) != len(terms.duties):
        raise ValidationError({"duties": _("Each duty needs a key of its own.")})
    for duty in terms.duties:
        if duty.party not in terms.party_ids:
            raise ValidationError({"party": _("This organization is not party to the agreement.")})
        if not terms.starts_on <= duty.due_on <= terms.ends_on:
            raise ValidationError({"due_on": _("The day must lie within the term of the agreement.")})
        Obligation(
            agreement=agreement, party_id=duty.party, key=duty.key, kind=duty.kind, text=duty.text,
            quantity=duty.quantity, unit=duty.unit, due_on=duty.due_on,
        ).clean_fields(exclude=["agreement", "party", "state"])  # fmt: skip
    _check_shares(terms)
    for clause in terms.clauses:
        if clause.key not in ClauseKey.values:
            raise ValidationError({"clauses": _("There is no such kind of clause.")})
        if not ModeTemplate.fits(clause.text):
            blanks = ", ".join(f"{{{blank}}}" for blank in ModeTemplate.BLANKS)
            raise ValidationError({"clauses": _("Only these blanks can be filled: %(blanks)s.") % {"blanks": blanks}})
    parts: list[Clause | Attachment] = [*terms.clauses, *terms.attachments]
    for concerned in parts:
        if not set(concerned.concerns) <= terms.party_ids:
            name = concerned.heading if isinstance(concerned, Clause) else concerned.name
            text = _("“%(name)s” concerns somebody who is no party. Change or remove it first.") % {"name": name}
            raise ValidationError({"clauses": text})
    check_values(mode, terms)


def _check_shares(terms: Terms) -> None:
    if not terms.shares:
        return
    if sorted(share.party for share in terms.shares) != sorted(terms.party_ids):
        raise ValidationError({"shares": _("Each party needs its shares.")})
    for column, name in (("benefit", _("benefits")), ("risk", _("risks"))):
        parts = [getattr(share, column) for share in terms.shares]
        if any(not 0 <= part <= 100 for part in parts) or sum(parts) != 100:
            text = _("The shares of the %(what)s do not add up to 100 per cent.") % {"what": name}
            raise ValidationError({"shares": text})


def _check_term(mode: Mode, starts_on: date, ends_on: date) -> None:
    if ends_on < add_months(starts_on, mode.shortest_months) - timedelta(days=1):
        text = _("An agreement of this mode runs for at least %(months)d months.")
        raise ValidationError({"ends_on": text % {"months": mode.shortest_months}})
    if mode.longest_months is not None and ends_on > add_months(starts_on, mode.longest_months):
        text = _("An agreement of this mode runs for at most %(months)d months.")
        raise ValidationError({"ends_on": text % {"months": mode.longest_months}})


def _parties(
    actor: Actor, version: AgreementVersion, party_ids: Collection[int], student_ids: Collection[int]
) -> tuple[Named, ...]:
    """Rows for the parties, the drafting organization of the agreement among them, and their names as of now."""
    agreement = version.agreement
    wanted = {*party_ids, version.drafted_by_id, agreement.drafted_by_id}
    known = {one.pk: one for one in Organization.objects.visible_to(actor).filter(pk__in=wanted)}
    if set(known) != wanted:
        raise ValidationError({"parties": _("One of these organizations does not exist.")})
    students = {one.pk: one for one in _students(known, student_ids)}
    if len(wanted) + len(students) < 2:
        raise ValidationError({"parties": _("An agreement needs at least one other party.")})
    _check_kinds(agreement, list(known.values()), has_students=bool(students))
    rows = {(row.organization_id, row.student_id): row for row in agreement.parties.all()}
    keys: list[tuple[int | None, int | None]] = [(pk, None) for pk in sorted(wanted)]
    for key in keys + [(None, pk) for pk in sorted(students)]:
        if key not in rows:
            rows[key] = AgreementParty(agreement=agreement, organization_id=key[0], student_id=key[1])
            save_valid(rows[key])
    for key, row in list(rows.items()):
        if key[0] not in wanted and key[1] not in students:
            del rows[key]
            if row.shown_at is None and not row.signers.exclude(version=version, removed_at=None).exists():
                row.signers.all().delete()
                row.delete()
    named = []
    for (organization, student), row in rows.items():
        if organization is not None:
            named.append(Named(row.pk, known[organization].code, known[organization].name))
        elif student is not None:
            named.append(Named(row.pk, "", students[student].user.name))
    return tuple(sorted(named, key=lambda one: one.party))


def _students(organizations: Mapping[int, Organization], student_ids: Collection[int]) -> list[Membership]:
    rows = Membership.objects.current().filter(
        pk__in=student_ids, role=Role.STUDENT, organization_id__in=list(organizations)
    )
    found = list(rows.select_related("user"))
    if len(found) != len(set(student_ids)):
        raise ValidationError({"students": _("One of these is no current student of a party.")})
    return found


def _check_kinds(agreement: Agreement, organizations: list[Organization], *, has_students: bool) -> None:
    missing = agreement.mode.missing_kinds([one.kind for one in organizations])
    kinds = dict(Organization.Kind.choices)
    words = [_(" or ").join(str(kinds[kind]) for kind in wanted.split("|")) for wanted in missing]
    if agreement.mode.asks_students and not has_students:
        words.append(str(Signer.Capacity.STUDENT.label))
    if words:
        text = _("An agreement of this mode also needs: %(kinds)s.") % {"kinds": ", ".join(words)}
        raise ValidationError({"parties": text})
    if agreement.framework is not None:
        bound = agreement.framework.parties.filter(joined_at__isnull=False, left_at=None)
        within = set(bound.values_list("organization_id", flat=True))
        if not {one.pk for one in organizations} <= within:
            raise ValidationError({"parties": _("Only parties of the framework agreement make agreements under it.")})
