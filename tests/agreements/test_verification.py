"""Tampering behind the portal's back, one kind at a time: each is found, and what was left alone is not blamed."""
# ruff: noqa: S608  # the statements are put together here, of constants

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from apps.agreements.models import Agreement, ChainEntry
from apps.agreements.models.agreements import canonical
from apps.agreements.services import (
    agreement_sign,
    agreement_submit,
    agreement_terminate,
    anchor_write,
    obligation_add,
    shares_set,
)
from apps.agreements.services.chain import anchors_in
from apps.agreements.verification import verify
from apps.organizations.models import Membership
from tests.factories.agreements import make_draft, make_in_force, make_submitted
from tests.factories.organizations import actor_as, make_enterprise, make_member, make_university

pytestmark = pytest.mark.django_db


@pytest.fixture
def school(db: None) -> Membership:
    return make_member(make_university())


@pytest.fixture
def firm(db: None) -> Membership:
    return make_member(make_enterprise())


@pytest.fixture
def agreement(school: Membership, firm: Membership) -> Agreement:
    """In force, with an obligation and shares."""
    draft = make_draft(school, firm)
    first, second = draft.parties.order_by("pk")
    obligation_add(
        actor_as(school),
        agreement_id=draft.pk,
        party_id=second.pk,
        kind="places",
        text="Ten places",
        quantity=Decimal(10),
        unit="places",
        due_on=timezone.localdate() + timedelta(days=20),
    )
    half = (Decimal(50), Decimal(50))
    shares_set(actor_as(school), agreement_id=draft.pk, shares={first.pk: half, second.pk: half})
    submitted = agreement_submit(actor_as(school), agreement_id=draft.pk)
    for member in (school, firm):
        agreement_sign(actor_as(member), agreement_id=draft.pk, content_hash=submitted.content_hash)
    return Agreement.objects.get(pk=draft.pk)


@pytest.fixture
def other(school: Membership, firm: Membership) -> Agreement:
    return make_in_force(school, firm, title="Another agreement")


@pytest.fixture
def folder(agreement: Agreement, other: Agreement, tmp_path: Path) -> Path:
    anchor_write(tmp_path)
    return tmp_path


def sql(statement: str, *values: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


def entry(agreement: Agreement, event: str) -> ChainEntry:
    return next(entry for entry in agreement.chain.all() if entry.payload["event"] == event)


def rewrite(row: ChainEntry, **changed: Any) -> None:
    """What somebody who knows the chain would do: change the act and compute the digest anew."""
    row.payload |= changed
    row.digest = row.computed_digest()
    payload = json.dumps(row.payload)
    sql("UPDATE agreements_chainentry SET payload = %s, digest = %s WHERE id = %s", payload, row.digest, row.pk)


def rechain(agreement: Agreement) -> None:
    """Bring number, digest before and digest of a whole chain in step again, as a patient forger would."""
    previous = "0" * 64
    for number, row in enumerate(ChainEntry.objects.filter(agreement=agreement).order_by("sequence"), 1):
        row.sequence, row.previous = number, previous
        row.digest = previous = row.computed_digest()
        sql(
            "UPDATE agreements_chainentry SET sequence = %s, previous = %s, digest = %s WHERE id = %s",
            number,
            row.previous,
            row.digest,
            row.pk,
        )


def on_agreement(column: str, value: str) -> Callable[[Agreement, Agreement], None]:
    def tamper(agreement: Agreement, other: Agreement) -> None:
        sql(f"UPDATE agreements_agreement SET {column} = {value} WHERE id = %s", agreement.pk)

    return tamper


def on_rows(statement: str) -> Callable[[Agreement, Agreement], None]:
    return lambda agreement, other: sql(statement, agreement.pk)


def swap_texts(agreement: Agreement, other: Agreement) -> None:
    sql("UPDATE agreements_agreement SET content = %s, title = %s WHERE id = %s", "x", other.title, agreement.pk)
    sql("UPDATE agreements_agreement SET content = %s, title = %s WHERE id = %s", "y", agreement.title, other.pk)


def swap_chains(agreement: Agreement, other: Agreement) -> None:
    """By their numbers, in three steps."""
    for wanted, present in ((-1, agreement.pk), (agreement.pk, other.pk), (other.pk, -1)):
        sql("SET CONSTRAINTS ALL DEFERRED")
        sql("UPDATE agreements_chainentry SET agreement_id = %s WHERE agreement_id = %s", wanted, present)


def delete_middle(agreement: Agreement, other: Agreement) -> None:
    sql("DELETE FROM agreements_chainentry WHERE id = %s", entry(agreement, "signed").pk)


def delete_middle_and_rechain(agreement: Agreement, other: Agreement) -> None:
    delete_middle(agreement, other)
    rechain(agreement)


def cut_tail(agreement: Agreement, other: Agreement) -> None:
    """The state goes back with it, so that only an anchor can tell."""
    sql("DELETE FROM agreements_chainentry WHERE id = %s", entry(agreement, "in_force").pk)
    sql("UPDATE agreements_agreement SET state = 'awaiting_signatures', in_force_at = NULL WHERE id = %s", agreement.pk)


def insert_and_rechain(agreement: Agreement, other: Agreement) -> None:
    row = entry(agreement, "in_force")
    sql("UPDATE agreements_chainentry SET sequence = 99 WHERE id = %s", row.pk)
    sql(
        "INSERT INTO agreements_chainentry (agreement_id, sequence, payload, previous, digest) VALUES (%s, 4, %s, '', '')",
        agreement.pk,
        json.dumps({"event": "amended", "at": "2026-01-01"}),
    )
    rechain(agreement)


def reorder_and_rechain(agreement: Agreement, other: Agreement) -> None:
    """The two signatures change places."""
    first, second = (row.pk for row in agreement.chain.all() if row.payload["event"] == "signed")
    for number, pk in ((97, first), (98, second), (3, first), (2, second)):
        sql("UPDATE agreements_chainentry SET sequence = %s WHERE id = %s", number, pk)
    rechain(agreement)


def reorder(agreement: Agreement, other: Agreement) -> None:
    first, second = (row.pk for row in agreement.chain.all() if row.payload["event"] == "signed")
    for number, pk in ((97, first), (98, second), (3, first), (2, second)):
        sql("UPDATE agreements_chainentry SET sequence = %s WHERE id = %s", number, pk)


def rewrite_document(agreement: Agreement, other: Agreement) -> None:
    """The clause, the act and the whole chain: only signatures and anchors still tell."""
    sql("UPDATE agreements_agreement SET content = content || '.' WHERE id = %s", agreement.pk)
    row = entry(agreement, "submitted")
    rewrite(row, document=Agreement.objects.get(pk=agreement.pk).document)
    rechain(agreement)


def move_signature(agreement: Agreement, other: Agreement) -> None:
    """A signature of another agreement is put in the place of this one's."""
    mine, theirs = (row.parties.order_by("pk").first() for row in (agreement, other))
    sql("DELETE FROM agreements_signature WHERE party_id = %s", mine.pk)
    sql("UPDATE agreements_signature SET party_id = %s WHERE party_id = %s", mine.pk, theirs.pk)


_PARTY = "SELECT id FROM agreements_agreementparty WHERE agreement_id = %s ORDER BY id LIMIT 1"
_SIGNATURE = f"UPDATE agreements_signature SET {{}} WHERE party_id = ({_PARTY})"
TAMPERINGS: dict[str, Callable[[Agreement, Agreement], None]] = {
    "one byte of the text": on_agreement("content", "overlay(content placing 'X' from 3 for 1)"),
    "title": on_agreement("title", "'Other'"),
    "mode": on_agreement("mode_id", "'order_based'"),
    "first day": on_agreement("starts_on", "starts_on - 1"),
    "last day": on_agreement("ends_on", "ends_on + 365"),
    "rolled-back version": on_agreement("version", "version - 1"),
    "state": on_agreement("state", "'awaiting_signatures'"),
    "time of submission": on_agreement("submitted_at", "submitted_at - interval '1 day'"),
    "time of coming into force": on_agreement("in_force_at", "in_force_at - interval '1 second'"),
    "swapped texts": swap_texts,
    "another party": lambda agreement, other: sql(
        f"UPDATE agreements_agreementparty SET organization_id = %s WHERE id = ({_PARTY})",
        make_university().pk,
        agreement.pk,
    ),
    "a party more": lambda agreement, other: sql(
        "INSERT INTO agreements_agreementparty (agreement_id, organization_id) VALUES (%s, %s)",
        agreement.pk,
        make_university().pk,
    ),
    "quantity of an obligation": on_rows("UPDATE agreements_obligation SET quantity = 1 WHERE agreement_id = %s"),
    "day of an obligation": on_rows("UPDATE agreements_obligation SET due_on = due_on + 1 WHERE agreement_id = %s"),
    "obligation taken out": on_rows("DELETE FROM agreements_obligation WHERE agreement_id = %s"),
    "share": on_rows(f"UPDATE agreements_agreedshare SET benefit = 60 WHERE party_id = ({_PARTY})"),
    "signer": lambda agreement, other: sql(
        _SIGNATURE.format("signer_id = %s"), make_member(make_university()).pk, agreement.pk
    ),
    "time of a signature": on_rows(_SIGNATURE.format("signed_at = signed_at - interval '1 hour'")),
    "hash of a signature": on_rows(_SIGNATURE.format("content_hash = repeat('0', 64)")),
    "signature taken out": on_rows(f"DELETE FROM agreements_signature WHERE party_id = ({_PARTY})"),
    "signature moved from another agreement": move_signature,
    "act changed": lambda agreement, other: sql(
        "UPDATE agreements_chainentry SET payload = payload || '{\"user\": 1}' WHERE id = %s",
        entry(agreement, "signed").pk,
    ),
    "act changed with its digest": lambda agreement, other: rewrite(entry(agreement, "signed"), user=1),
    "act taken out": delete_middle,
    "act taken out and chained anew": delete_middle_and_rechain,
    "act put in and chained anew": insert_and_rechain,
    "acts reordered": reorder,
    "acts reordered and chained anew": reorder_and_rechain,
    "tail cut with the state": cut_tail,
    "chains swapped": swap_chains,
    "whole chain gone": on_rows("DELETE FROM agreements_chainentry WHERE agreement_id = %s"),
    "text, act and chain written anew": rewrite_document,
}


def faults(folder: Path) -> set[int]:
    return {fault.agreement for fault in verify(folder)}


def test_what_nobody_touched_is_sound(folder: Path) -> None:
    assert list(verify(folder)) == []


@pytest.mark.parametrize("kind", TAMPERINGS)
def test_tampering_is_found(kind: str, agreement: Agreement, other: Agreement, folder: Path) -> None:
    TAMPERINGS[kind](agreement, other)
    both = kind in {"swapped texts", "chains swapped", "signature moved from another agreement"}
    assert faults(folder) == ({agreement.pk, other.pk} if both else {agreement.pk})
    with pytest.raises(CommandError):
        call_command("verify_agreements", anchors=str(folder))
    if kind == "chains swapped":
        swap_chains(agreement, other)


def test_a_cut_tail_is_seen_by_nobody_without_the_anchor(
    agreement: Agreement, other: Agreement, folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """The control: it is the anchor that tells."""
    cut_tail(agreement, other)
    assert faults(tmp_path_factory.mktemp("empty")) == set()
    assert faults(folder) == {agreement.pk}


def test_anchors_that_were_changed_or_lost_are_found(
    agreement: Agreement, folder: Path, school: Membership, firm: Membership
) -> None:
    assert anchor_write(folder) is None
    agreement_terminate(actor_as(school), agreement_id=agreement.pk, reason="The line is closed.")
    second = anchor_write(folder)
    make_in_force(school, firm)
    third = anchor_write(folder)
    assert second is not None
    assert third is not None
    assert list(verify(folder)) == []
    content = second.read_bytes()
    changed = json.loads(content)
    changed["heads"] = {}
    second.write_bytes(canonical(changed))
    assert any("does not follow" in str(fault) for fault in verify(folder))
    second.unlink()
    assert any("missing" in str(fault) for fault in verify(folder))
    second.write_bytes(b"{")
    assert any("cannot be read" in str(fault) for fault in verify(folder))
    second.write_bytes(content)
    assert list(verify(folder)) == []
    assert len(anchors_in(folder)) == 3


def test_every_act_of_a_life_stands_in_the_chain_with_who_did_it(school: Membership, firm: Membership) -> None:
    agreement = make_submitted(school, firm)
    for member in (firm, school):
        agreement_sign(actor_as(member), agreement_id=agreement.pk, content_hash=agreement.content_hash)
    agreement_terminate(actor_as(firm), agreement_id=agreement.pk, reason="The line is closed.")
    acts = [(row.payload["event"], row.payload["membership"]) for row in agreement.chain.order_by("sequence")]
    assert acts == [
        ("submitted", school.pk),
        ("signed", firm.pk),
        ("signed", school.pk),
        ("in_force", school.pk),
        ("terminated", firm.pk),
    ]
    assert [row.sequence for row in agreement.chain.all()] == [1, 2, 3, 4, 5]


def test_agreement_that_was_deleted_is_missed(agreement: Agreement, folder: Path) -> None:
    for table in ("chainentry", "obligation"):
        sql(f"DELETE FROM agreements_{table} WHERE agreement_id = %s", agreement.pk)
    for table in ("signature", "agreedshare"):
        sql(
            f"DELETE FROM agreements_{table} WHERE party_id IN"
            " (SELECT id FROM agreements_agreementparty WHERE agreement_id = %s)",
            agreement.pk,
        )
    for table in ("agreementparty", "agreementgroupobjectpermission"):
        column = "content_object_id" if table.endswith("permission") else "agreement_id"
        sql(f"DELETE FROM agreements_{table} WHERE {column} = %s", agreement.pk)
    sql("DELETE FROM agreements_agreement WHERE id = %s", agreement.pk)
    assert [str(fault) for fault in verify(folder)] == [f"AG-{agreement.pk:06d}: is gone, an anchor knows it"]
