"""Every circuit of up to four parties: all turns, all orders of arrival, all ends, and each way in which a party signs."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import product
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.utils import timezone

from apps.accounts.models import QueuedMail
from apps.agreements.models import Agreement, Signature, Signer
from apps.agreements.services import (
    Evidence,
    Slot,
    agreement_recall,
    agreement_refuse,
    agreement_send_back,
    agreement_submit,
    agreement_withdraw,
    link_sign,
    signature_confirm_paper,
    signature_record_paper,
    signer_replace,
    signers_set,
    versions_lapse,
)
from apps.agreements.services.signers import is_minor
from apps.core.actor import Actor
from apps.core.errors import DomainError, NotFound, WrongState
from apps.organizations.events import open_work_of
from apps.organizations.models import Membership, Role
from apps.organizations.services import membership_end
from tests.access.visitors import undone
from tests.factories.agreements import make_draft, make_in_force, make_submitted, open_version, sign, signer_of
from tests.factories.organizations import SYSTEM, actor_as, make_enterprise, make_member, make_university

pytestmark = pytest.mark.django_db

WHY = "The reason."
Turns = tuple[int, ...]


def turns_of(parties: int) -> list[Turns]:
    """Every way to give parties their turns, also shared ones: turns begin with one and leave none out."""
    return [
        turns for turns in product(range(1, parties + 1), repeat=parties) if {*turns} == {*range(1, max(turns) + 1)}
    ]


def make_parties(count: int) -> list[Membership]:
    return [make_member(make_university()), *(make_member(make_enterprise()) for _other in range(count - 1))]


def ordered(members: list[Membership], turns: Turns) -> Agreement:
    """Submitted, with these turns."""
    agreement = make_draft(*members)
    version = open_version(agreement)
    slots = [
        Slot(signer_of(agreement, member.organization_id).party_id, order=turn)
        for member, turn in zip(members, turns, strict=True)
    ]
    signers_set(actor_as(members[0]), version_id=version.pk, expected_revision=None, slots=slots)
    agreement_submit(actor_as(members[0]), agreement_id=agreement.pk)
    return agreement


def states(agreement: Agreement) -> tuple[str, str]:
    return Agreement.objects.get(pk=agreement.pk).state, open_version(agreement).state


# --- turns, arrival, ends ---

ENDS: dict[str, tuple[Callable[[Agreement, Membership, Membership], Any], tuple[str, str]]] = {
    "refused": (
        lambda agreement, _drafter, other: agreement_refuse(actor_as(other), agreement_id=agreement.pk, reason=WHY),
        ("not_concluded", "refused"),
    ),
    "withdrawn": (
        lambda agreement, drafter, _other: agreement_withdraw(actor_as(drafter), agreement_id=agreement.pk, reason=WHY),
        ("not_concluded", "withdrawn"),
    ),
    "lapsed": (
        lambda _agreement, _drafter, _other: versions_lapse(SYSTEM, today=timezone.localdate() + timedelta(days=61)),
        ("not_concluded", "lapsed"),
    ),
    "recalled": (
        lambda agreement, drafter, _other: agreement_recall(actor_as(drafter), agreement_id=agreement.pk, reason=WHY),
        ("draft", "draft"),
    ),
    "sent back": (
        lambda agreement, _drafter, other: agreement_send_back(actor_as(other), agreement_id=agreement.pk, reason=WHY),
        ("draft", "draft"),
    ),
}


class Walk:
    """All ways through one circuit: once for who has signed so far, everybody tries to sign and each end is tried; of
    more than two parties the ends take turns."""

    def __init__(self, members: list[Membership], turns: Turns) -> None:
        self.members, self.turns = members, turns
        self.agreement = ordered(members, turns)
        self.met: set[frozenset[int]] = set()
        self.completed = 0

    def go(self, signed: frozenset[int] = frozenset()) -> None:
        left = [one for one in range(len(self.members)) if one not in signed]
        if not left:
            self.completed += 1
            assert states(self.agreement) == ("in_force", "in_force")
            return
        assert states(self.agreement) == ("awaiting_signatures", "awaiting_signatures")
        known = signed in self.met
        self.met.add(signed)
        if not known:
            self.end_each_way(left)
        first = min(self.turns[one] for one in left)
        for one in left:
            with undone():
                if self.turns[one] == first:
                    sign(self.agreement, self.members[one])
                    self.go(signed | {one})
                elif not known:
                    with pytest.raises(WrongState):
                        sign(self.agreement, self.members[one])

    def end_each_way(self, left: list[int]) -> None:
        given = Signature.objects.filter(voided_at=None).count()
        ends = list(ENDS.values())
        if len(self.members) > 2:
            ends = [ends[len(self.met) % len(ends)]]
        for end, after in ends:
            with undone():
                end(self.agreement, self.members[0], self.members[left[-1]])
                assert states(self.agreement) == after
                assert Signature.objects.filter(voided_at=None).count() == given
                with pytest.raises(DomainError):
                    sign(self.agreement, self.members[left[0]])
                if after[0] == "draft":
                    self.resume(left)

    def resume(self, left: list[int]) -> None:
        """What nobody changed is submitted again: who has signed need not sign once more."""
        agreement_submit(actor_as(self.members[0]), agreement_id=self.agreement.pk)
        for one in sorted(left, key=lambda one: self.turns[one]):
            sign(self.agreement, self.members[one])
        assert states(self.agreement) == ("in_force", "in_force")


ORDERS = {2: 4, 3: 24, 4: 192}
"""How many orders of arrival all turns together allow: n! · 2ⁿ⁻¹."""


@pytest.mark.parametrize("parties", ORDERS)
def test_every_turn_and_every_arrival_and_every_end(parties: int) -> None:
    members = make_parties(parties)
    completed = 0
    for turns in turns_of(parties):
        with undone():
            walk = Walk(members, turns)
            walk.go()
            completed += walk.completed
    assert completed == ORDERS[parties]


def test_control_without_turns_somebody_signs_too_early(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("apps.agreements.services.circuit.require_turn", lambda version, signer: None)
    with pytest.raises(pytest.fail.Exception):
        Walk(make_parties(2), (1, 2)).go()


# --- the ways in which a party signs ---


def by_role(agreement: Agreement, member: Membership, other: Membership) -> None:
    sign(agreement, member)


def in_person(agreement: Agreement, member: Membership, other: Membership) -> None:
    colleague = make_member(member.organization)
    named(agreement, member, membership_id=colleague.pk)
    with pytest.raises(WrongState):
        sign(agreement, member)
    sign(agreement, colleague)


def by_deputy(agreement: Agreement, member: Membership, other: Membership) -> None:
    named(agreement, member, membership_id=make_member(member.organization).pk, deputy_id=member.pk)
    sign(agreement, member)


def by_successor(agreement: Agreement, member: Membership, other: Membership) -> None:
    """Who was named leaves, and hands over what they were to sign."""
    leaver, successor = make_member(member.organization), make_member(member.organization)
    named(agreement, member, membership_id=leaver.pk, deputy_id=successor.pk)
    assert any(work.passes_on for work in open_work_of(leaver))
    membership_end(SYSTEM, membership_id=leaver.pk, successor_id=successor.pk)
    sign(agreement, successor)


def without_deputy(agreement: Agreement, member: Membership, other: Membership) -> None:
    """The deputy leaves, which stops nobody."""
    deputy = make_member(member.organization)
    named(agreement, member, membership_id=member.pk, deputy_id=deputy.pk)
    membership_end(SYSTEM, membership_id=deputy.pk)
    sign(agreement, member)


def by_link(agreement: Agreement, member: Membership, other: Membership) -> None:
    email = f"outside{member.pk}@example.org"
    named(agreement, member, name="Wang Li", email=email)
    with pytest.raises(WrongState):
        sign(agreement, member)
    use_link(agreement, signer_of(agreement, member.organization_id), email)


def on_paper(agreement: Agreement, member: Membership, other: Membership) -> None:
    signer = signer_of(agreement, member.organization_id)
    scan = b"%PDF-1.4 scan"
    signature = signature_record_paper(
        actor_as(member),
        signer_id=signer.pk,
        name="Wang Li",
        signed_on=timezone.localdate() - timedelta(days=3),
        scan=ContentFile(scan, name="scan.pdf"),
        sha256=hashlib.sha256(scan).hexdigest(),
    )
    signature_confirm_paper(actor_as(other), signature_id=signature.pk)


def named(agreement: Agreement, member: Membership, **who: Any) -> None:
    signer_replace(actor_as(member), signer_id=signer_of(agreement, member.organization_id).pk, **who)


def use_link(agreement: Agreement, signer: Signer, email: str, name: str = "Wang Li") -> Signature:
    body = QueuedMail.objects.filter(to=email).latest("pk").body
    key = next(word for word in body.split() if word.startswith("http")).rstrip("/").rsplit("/", 1)[1]
    content_hash = open_version(agreement).hash_for(signer.party_id)
    return link_sign(
        Actor.system("agreements.link"), key=key, content_hash=content_hash, name=name, evidence=Evidence()
    )


WAYS = {
    by_role: ("browser", "role"),
    in_person: ("browser", "named"),
    by_deputy: ("browser", "deputy"),
    by_successor: ("browser", "named"),
    without_deputy: ("browser", "named"),
    by_link: ("link", "named"),
    on_paper: ("paper", "role"),
}


def circuits() -> Iterator[tuple[Any, ...]]:
    """Two parties in all pairs of ways; three and four, one after the other, with each way in each place."""
    ways = list(WAYS)
    yield from product(ways, repeat=2)
    for parties in (3, 4):
        yield from (tuple(ways[(start + place) % len(ways)] for place in range(parties)) for start in range(len(ways)))


def test_every_way_to_sign_beside_every_other() -> None:
    members = make_parties(4)
    for ways in circuits():
        with undone():
            present = members[: len(ways)]
            agreement = ordered(present, tuple(range(1, len(ways) + 1)))
            for place, way in enumerate(ways):
                assert states(agreement)[0] == "awaiting_signatures", ways
                way(agreement, present[place], present[place - 1])
            assert states(agreement) == ("in_force", "in_force"), ways
            given = Signature.objects.filter(signer__version__agreement=agreement, voided_at=None).order_by("pk")
            assert [(one.method, one.authority) for one in given] == [WAYS[way] for way in ways]
            for entry in agreement.chain.all():
                assert entry.digest == entry.computed_digest()


# --- students ---


def make_tri_party(*, minor: bool) -> tuple[Agreement, Membership, Membership, Membership]:
    """A submitted agreement of a student, a firm and a school under a framework of the two."""
    school, firm = make_member(make_university()), make_member(make_enterprise())
    framework = make_in_force(school, firm)
    student = make_member(school.organization, Role.STUDENT)
    years = 17 if minor else 20
    student.user.birth_date = timezone.localdate().replace(month=1, day=1) - timedelta(days=365 * years)
    student.user.save()
    if minor:
        student.user.guardians.create(
            name="Wang Li", relation="mother", phone=b"", email="mother@example.org", registered_by=student.user
        )
    today = timezone.localdate()
    agreement = make_submitted(
        school,
        firm,
        mode="placement",
        framework_id=framework.pk,
        student_ids=[student.pk],
        starts_on=today + timedelta(days=7),
        ends_on=today + timedelta(days=120),
    )
    return agreement, student, firm, school


def test_a_minor_and_the_guardian_sign_before_firm_and_school() -> None:
    agreement, student, firm, school = make_tri_party(minor=True)
    circuit = open_version(agreement).circuit
    assert [(one.capacity, one.order) for one in circuit] == [
        ("student", 1),
        ("guardian", 2),
        ("authorised", 3),
        ("authorised", 4),
    ]
    assert is_minor(circuit[0].party, timezone.localdate())
    for early in (firm, school):
        with pytest.raises(WrongState):
            sign(agreement, early)
    sign(agreement, student)
    use_link(agreement, circuit[1], "mother@example.org")
    sign(agreement, firm)
    sign(agreement, school)
    assert states(agreement) == ("in_force", "in_force")


def test_a_student_party_signs_for_themselves_alone() -> None:
    """Being a member of the school that is a party, too, gives a student none of its rights."""
    agreement, student, firm, _school = make_tri_party(minor=False)
    sign(agreement, student)
    sign(agreement, firm)
    assert sign(agreement, student) is None
    assert states(agreement)[0] == "awaiting_signatures"
    assert Signature.objects.filter(membership=student).count() == 1


def test_a_student_who_leaves_ends_what_is_not_signed_by_all() -> None:
    agreement, student, _firm, _school = make_tri_party(minor=False)
    sign(agreement, student)
    membership_end(SYSTEM, membership_id=student.pk)
    assert states(agreement) == ("not_concluded", "withdrawn")


def test_a_link_of_before_the_change_opens_nothing() -> None:
    agreement, student, _firm, school = make_tri_party(minor=True)
    sign(agreement, student)
    guardian = open_version(agreement).circuit[1]
    agreement_recall(actor_as(school), agreement_id=agreement.pk, reason=WHY)
    agreement_submit(actor_as(school), agreement_id=agreement.pk)
    body = QueuedMail.objects.filter(to="mother@example.org").earliest("pk").body
    key = next(word for word in body.split() if word.startswith("http")).rstrip("/").rsplit("/", 1)[1]
    shown = open_version(agreement).hash_for(guardian.party_id)
    with pytest.raises(NotFound):
        link_sign(SYSTEM, key=key, content_hash=shown, name="Wang Li", evidence=Evidence())
    assert use_link(agreement, guardian, "mother@example.org").method == "link"
