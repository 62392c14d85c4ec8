"""Agreements of three parties by the thousand: one for each placement that has started, signed in time and written in chunks.

What is written keeps the rules of the circuit: who signs in which turn what they were shown, and what the chain says of it.
"""

from __future__ import annotations

import secrets
from collections import defaultdict
from datetime import date, datetime, time, timedelta
from itertools import islice
from typing import TYPE_CHECKING

from django.utils import timezone

from apps.agreements.models import (
    Agreement,
    AgreementParty,
    AgreementVersion,
    ChainEntry,
    Mode,
    ModeTemplate,
    Signature,
    Signer,
)
from apps.agreements.services.chain import chain_entry, time_of
from apps.agreements.services.circuit import facts_of, facts_shown, signing_grants_sync
from apps.agreements.terms import Named, Terms
from apps.core.actor import Actor
from apps.organizations.models import Membership, Organization
from apps.placements.models import Placement

from .rows import CHUNK, write_all
from .signing import EVIDENCE, WRITTEN_BEFORE, clauses

if TYPE_CHECKING:
    from tqdm import tqdm

    from .volume import OpenBar

ROWS = 16
"""rows that each of them takes"""
STEPS = 3
"""hours from the submission to each signature: the student's, the host's, the university's"""


def sign_for_placements(placements: list[Placement], coordinators: dict[int, Actor], open_bar: OpenBar) -> None:
    """Give each its agreement in force (expired, where its last day has passed). ``coordinators``: by organization."""
    mode = Mode.objects.get(pk="placement")
    template = mode.templates.first()
    signers = {actor.membership_id: actor for actor in coordinators.values()}
    people = {row.pk: row for row in Membership.objects.filter(pk__in=list(signers)).select_related("user")}
    by_organization = {row.organization_id: row for row in people.values()}
    pending = iter(placements)
    with open_bar("agreements of three parties", len(placements) * ROWS) as bar:
        while chunk := list(islice(pending, CHUNK // 10)):
            agreements = write_all((_agreement(placement, mode) for placement in chunk), bar)
            for placement, agreement in zip(chunk, agreements, strict=True):
                placement.agreement = agreement
            Placement.objects.bulk_update(chunk, ["agreement"])
            versions = _versions(chunk, template, bar)
            _sign(versions, by_organization, coordinators, bar)
    for organization_id in coordinators:
        signing_grants_sync(organization_id)


def _agreement(placement: Placement, mode: Mode) -> Agreement:
    signed_at = _submitted_at(placement) + timedelta(hours=3 * STEPS)
    over = placement.ends_on < timezone.localdate()
    return Agreement(
        title=f"{placement.student.user.name}实习三方协议 · Placement agreement",
        mode=mode,
        framework_id=placement.base.agreement_id,
        starts_on=placement.starts_on,
        ends_on=placement.ends_on,
        drafted_by_id=placement.university_id,
        state=Agreement.State.EXPIRED if over else Agreement.State.IN_FORCE,
        in_force_at=signed_at,
        ended_at=_at(placement.ends_on + timedelta(days=1), 1) if over else None,
    )


def _submitted_at(placement: Placement) -> datetime:
    return _at(placement.starts_on - timedelta(days=WRITTEN_BEFORE), 9)


def _at(day: date, hour: int) -> datetime:
    return timezone.make_aware(datetime.combine(day, time(hour)))


def _versions(placements: list[Placement], template: ModeTemplate | None, bar: tqdm) -> list[AgreementVersion]:
    """Parties, the text, and who signs: the student, then the host, then the university."""
    organizations = Organization.objects.in_bulk(
        {row.university_id for row in placements} | {row.host_id for row in placements}
    )
    parties = write_all(
        (
            AgreementParty(
                agreement=row.agreement,
                organization_id=organization,
                student_id=student,
                shown_at=_submitted_at(row),
                joined_at=row.agreement.in_force_at if row.agreement else None,
            )
            for row in placements
            for organization, student in ((row.university_id, None), (row.host_id, None), (None, row.student_id))
        ),
        bar,
    )
    of_agreement: defaultdict[int, list[AgreementParty]] = defaultdict(list)
    for party in parties:
        of_agreement[party.agreement_id].append(party)
    new = []
    for row in placements:
        named = [
            Named(party.pk, organizations[party.organization_id].code, organizations[party.organization_id].name)
            if party.organization_id
            else Named(party.pk, "", row.student.user.name)
            for party in of_agreement[row.agreement_id or 0]
        ]
        new.append(_version(row, template, named))
    versions = write_all(new, bar)
    write_all(
        (
            Signer(version=version, party=party, order=order, capacity=capacity, membership_id=party.student_id)
            for version in versions
            for party, order, capacity in zip(
                of_agreement[version.agreement_id],
                (4, 3, 1),
                (Signer.Capacity.AUTHORISED, Signer.Capacity.AUTHORISED, Signer.Capacity.STUDENT),
                strict=True,
            )
        ),
        bar,
    )
    return list(AgreementVersion.objects.whole().filter(pk__in=[version.pk for version in versions]).order_by("pk"))


def _version(placement: Placement, template: ModeTemplate | None, named: list[Named]) -> AgreementVersion:
    agreement = placement.agreement
    assert agreement is not None  # noqa: S101  # just given to it
    terms = Terms(
        agreement.title,
        agreement.starts_on,
        agreement.ends_on,
        tuple(named),
        tuple(clauses("placement", f"实习岗位：{placement.position.title}（{placement.base.name}）。")),
        values=ModeTemplate.VALUES,
    )
    return AgreementVersion(
        agreement=agreement,
        template=template,
        terms=terms.dump(),
        drafted_by_id=placement.university_id,
        sign_until=placement.starts_on,
        submitted_at=_submitted_at(placement),
        in_force_at=agreement.in_force_at,
        state=AgreementVersion.State.IN_FORCE,
    )


def _sign(
    versions: list[AgreementVersion], people: dict[int, Membership], coordinators: dict[int, Actor], bar: tqdm
) -> None:
    """In turn, some hours apart; then the chain of each."""
    signatures = [
        [_signature(version, signer, people, number) for number, signer in enumerate(version.circuit, 1)]
        for version in versions
    ]
    write_all((row for signed in signatures for row in signed), bar)
    pairs = zip(versions, signatures, strict=True)
    write_all((entry for version, signed in pairs for entry in _chain(version, signed, coordinators)), bar)


def _signature(version: AgreementVersion, signer: Signer, people: dict[int, Membership], number: int) -> Signature:
    member = signer.party.student or people[signer.party.organization_id or 0]
    signed_at = (version.submitted_at or timezone.now()) + timedelta(hours=STEPS * number)
    signature = Signature(
        signer=signer,
        membership=member,
        name=member.user.name,
        content_hash=version.hash_for(signer.party_id),
        authority=Signature.Authority.OWN if signer.party.student else Signature.Authority.ROLE,
        factor=EVIDENCE.factor,
        address=EVIDENCE.address,
        agent=EVIDENCE.agent,
        signed_at=signed_at,
        signed_on=timezone.localdate(signed_at),
        salt=secrets.token_hex(16),
    )
    signature.evidence = signature.computed_evidence()
    return signature


def _chain(version: AgreementVersion, signed: list[Signature], coordinators: dict[int, Actor]) -> list[ChainEntry]:
    agreement = version.agreement
    drafter = coordinators[version.drafted_by_id]
    submitted = {"document": version.document(), "submitted_at": time_of(version.submitted_at), **facts_shown(version)}
    acts = [("submitted", drafter, version.submitted_at, {"version": version.number} | submitted)]
    for row in signed:
        member = row.membership
        assert member is not None  # noqa: S101  # nobody signed by a link
        actor = Actor(user_id=member.user_id, membership_id=member.pk, organization_id=member.organization_id)
        acts.append(("signed", actor, row.signed_at, {"version": version.number} | facts_of(row)))
    in_force = {"version": version.number, "in_force_at": time_of(version.in_force_at), "superseded_at": ""}
    acts.append(("in_force", acts[-1][1], version.in_force_at, in_force))
    if agreement.ended_at is not None:
        acts.append(
            ("expired", Actor.system("agreements.end"), agreement.ended_at, {"ended_at": time_of(agreement.ended_at)})
        )
    entries: list[ChainEntry] = []
    for event, actor, at, facts in acts:
        last = entries[-1] if entries else None
        entries.append(chain_entry(actor, agreement.pk, last, event, at or timezone.now(), facts))
    return entries
