"""Tampering behind the portal's back, one kind at a time: each is found, and what was left alone is not blamed."""
# ruff: noqa: S608  # the statements are put together here, of constants

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction

from apps.agreements.models import Agreement
from apps.agreements.models.agreements import canonical
from apps.agreements.services import agreement_terminate, anchor_write
from apps.agreements.services.chain import anchors_in
from apps.agreements.tasks import verify_all
from apps.agreements.verification import verify
from apps.organizations.models import Membership
from tests.agreements.proof import make_proven
from tests.agreements.tampering import BOTH, DATABASE, DISK, ONLY_ANCHORED, cut_tail, sql
from tests.factories.agreements import make_in_force
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
    return make_proven(school, firm)


@pytest.fixture
def other(school: Membership, firm: Membership) -> Agreement:
    return make_in_force(school, firm, title="Another agreement")


@pytest.fixture
def folder(agreement: Agreement, other: Agreement, tmp_path: Path) -> Path:
    anchor_write(tmp_path)
    return tmp_path


@pytest.fixture
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder without anchors."""
    return tmp_path_factory.mktemp("empty")


def faults(folder: Path) -> set[int]:
    return {fault.agreement for fault in verify(folder)}


@contextmanager
def undone(agreement: Agreement) -> Iterator[None]:
    """What is done inside, to rows or files of the agreement, is gone afterwards."""
    contents = {}
    for row in agreement.files.all():
        with row.file.open("rb") as file:
            contents[Path(row.file.path)] = file.read()
    with transaction.atomic():
        yield
        transaction.set_rollback(True)
    for path, content in contents.items():
        path.write_bytes(content)


def terminate(agreement: Agreement, member: Membership) -> None:
    agreement_terminate(
        actor_as(member), agreement_id=agreement.pk, cause="breach", reason="The line is closed.", settlement="Paid."
    )


@pytest.mark.parametrize("kind", [*DATABASE, *DISK])
def test_tampering_is_found(kind: str, agreement: Agreement, other: Agreement, folder: Path, empty: Path) -> None:
    """Sound before, found after, sound again once it is undone; without anchors all but ``ONLY_ANCHORED`` are found."""
    assert list(verify(folder)) == []
    with undone(agreement):
        (DATABASE | DISK)[kind](agreement, other)
        assert faults(folder) == ({agreement.pk, other.pk} if kind in BOTH else {agreement.pk})
        assert (kind in ONLY_ANCHORED) == (faults(empty) == set())
    assert list(verify(folder)) == []


def test_command_fails_and_names_each_fault(
    agreement: Agreement, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("verify_agreements", anchors=str(folder))
    assert "2 agreements are what was signed." in capsys.readouterr().out
    with undone(agreement):
        DATABASE["title"](agreement, agreement)
        with pytest.raises(CommandError, match="faults in 2 agreements"):
            call_command("verify_agreements", anchors=str(folder))
        assert f"AG-{agreement.pk:06d}: version 2: changed after it was shown: title" in capsys.readouterr().err


def test_every_day_each_fault_is_logged(
    agreement: Agreement, folder: Path, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    settings.ANCHOR_DIR = str(folder)
    verify_all()
    assert caplog.records == []
    with undone(agreement):
        DATABASE["title"](agreement, agreement)
        verify_all()
    assert [record.levelname for record in caplog.records] == ["ERROR"]
    assert agreement.number in caplog.text


def test_a_cut_tail_is_seen_by_nobody_without_the_anchor(
    agreement: Agreement, other: Agreement, school: Membership, tmp_path: Path, empty: Path
) -> None:
    """The control: it is the anchor that tells."""
    terminate(agreement, school)
    anchor_write(tmp_path)
    assert list(verify(tmp_path)) == []
    with undone(agreement):
        cut_tail(agreement, other)
        assert faults(empty) == set()
        assert faults(tmp_path) == {agreement.pk}


def test_anchors_that_were_changed_or_lost_are_found(
    agreement: Agreement, folder: Path, school: Membership, firm: Membership
) -> None:
    assert anchor_write(folder) is None
    terminate(agreement, school)
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


def test_every_act_of_a_life_stands_in_the_chain_with_who_did_it(
    agreement: Agreement, school: Membership, firm: Membership
) -> None:
    terminate(agreement, firm)
    acts = [(row.payload["event"], row.payload.get("membership", 0)) for row in agreement.chain.order_by("sequence")]
    assert acts == [
        ("submitted", school.pk),
        ("signer_named", firm.pk),
        ("signed", school.pk),
        ("signed", school.pk),
        ("paper_confirmed", firm.pk),
        ("signed", 0),
        ("in_force", 0),
        ("submitted", firm.pk),
        ("signed", school.pk),
        ("signed", firm.pk),
        ("in_force", firm.pk),
        ("notice_given", firm.pk),
        ("terminated", firm.pk),
    ]
    assert [row.sequence for row in agreement.chain.all()] == list(range(1, 14))


def test_agreement_that_was_deleted_is_missed(agreement: Agreement, other: Agreement, folder: Path) -> None:
    versions = "SELECT id FROM agreements_agreementversion WHERE agreement_id = %s"
    signers = f"SELECT id FROM agreements_signer WHERE version_id IN ({versions})"
    sql(f"DELETE FROM agreements_signature WHERE signer_id IN ({signers})", other.pk)
    sql(f"DELETE FROM agreements_signer WHERE id IN ({signers})", other.pk)
    for table in ("chainentry", "agreementversion", "agreementparty"):
        sql(f"DELETE FROM agreements_{table} WHERE agreement_id = %s", other.pk)
    sql("DELETE FROM agreements_agreementgroupobjectpermission WHERE content_object_id = %s", other.pk)
    sql("DELETE FROM agreements_agreement WHERE id = %s", other.pk)
    assert [str(fault) for fault in verify(folder)] == [f"AG-{other.pk:06d}: is gone, an anchor knows it"]


def test_file_is_read_from_the_storage(agreement: Agreement) -> None:
    """The control of the kinds on disk: the files of the agreement are there, and are what was sent."""
    assert [row.file.size for row in agreement.files.all()] == [29, 28]
