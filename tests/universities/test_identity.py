"""Identity numbers: no wrong one is kept, none is read elsewhere than in its row, none is shown without a reason."""

from __future__ import annotations

import base64
from datetime import date
from pathlib import Path
from random import Random
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from hypothesis import given
from hypothesis import strategies as st

from apps.core import encryption
from apps.core.cells import Cell
from apps.core.encryption import Unreadable
from apps.core.errors import NotAllowed, NotFound
from apps.organizations.models import Membership
from apps.privacy.models import Disclosure
from apps.universities.identity import masked, resident_number
from apps.universities.models import StudentProfile
from apps.universities.roster.rows import RowReader
from apps.universities.services.disclosures import identity_disclose
from tests.factories.organizations import actor_as, make_member
from tests.factories.roster import csv_file, identity_number, imported, make_keeper, student

VALID = "11010519491231002X"
HEADER = [
    "number",
    "name",
    "email",
    "programme",
    "school_class",
    "entry_year",
    "identity",
    "identity_kind",
    "birth_date",
]
MAPPING = {name: name for name in HEADER}

# What stands in the cell, whether as a number, the kind of document, the birthday column; and the number that is kept, or the
# columns that are wrong.
CASES: list[tuple[str, bool, str, str, str | set[str]]] = [
    (VALID, False, "", "", VALID),
    ("11010519491231002x", False, "", "", VALID),
    ("１１０１０５１９４９１２３１００２Ｘ", False, "", "", VALID),
    ("110105 19491231 002X", False, "", "", VALID),
    ("'11010519491231002X", False, "", "", VALID),
    (" 11010519491231002X\u00a0", False, "", "", VALID),
    (VALID, False, "居民身份证", "", VALID),
    (VALID, False, "identity card", "1949-12-31", VALID),
    (VALID, False, "", "1949/12/31", VALID),
    (VALID, False, "", "19491231", VALID),
    (VALID, False, "", "1949年12月31日", VALID),
    ("440524188001010014", False, "", "", {"identity"}),
    ("440106199910101197", False, "", "", {"identity"}),
    ("810000199408230021", False, "港澳台居民居住证", "", "810000199408230021"),
    ("110105194912310021", False, "", "", {"identity"}),
    ("11010519491231002Y", False, "", "", {"identity"}),
    ("11010519491231003X", False, "", "", {"identity"}),
    ("101105194912310021", False, "", "", {"identity"}),
    ("110105194902300021", False, "", "", {"identity"}),
    ("110105194913010021", False, "", "", {"identity"}),
    ("110105190002290021", False, "", "", {"identity"}),
    ("110105209901010021", False, "", "", {"identity"}),
    ("110105491231002", False, "", "", {"identity"}),
    ("11010549123100", False, "", "", {"identity"}),
    ("11010519491231002", False, "", "", {"identity"}),
    ("11010519491231002XX", False, "", "", {"identity"}),
    ("X1010519491231002X", False, "", "", {"identity"}),
    ("010105194912310021", False, "", "", {"identity"}),
    ("1.10101E+17", False, "", "", {"identity"}),
    ("1.10105194912310E+17", True, "", "", {"identity"}),
    ("110105194912310020", True, "", "", {"identity"}),
    ("1,10101E17", False, "", "", {"identity"}),
    (VALID, False, "", "1949-12-30", {"birth_date"}),
    (VALID, False, "", "1949-02-30", {"birth_date"}),
    (VALID, False, "", "gestern", {"birth_date"}),
    (VALID, False, "Führerschein", "", {"identity_kind"}),
    ("E12345678", False, "护照", "2004-05-06", "E12345678"),
    ("ｅ１２３４５６７８", False, "passport", "", "E12345678"),
    ("E1", False, "护照", "", {"identity"}),
    ("E12345678", False, "", "", {"identity"}),
    ("H0123456(7)", False, "其他", "", "H0123456(7)"),
    ("一二三四五六", False, "其他", "", {"identity"}),
    ("", False, "", "", ""),
]


@pytest.mark.parametrize(("text", "is_number", "kind", "birthday", "expected"), CASES)
def test_identity_case(text: str, is_number: bool, kind: str, birthday: str, expected: str | set[str]) -> None:
    reader = RowReader("students", HEADER, MAPPING, "")
    row = ["1", "n", "a@b.example", "p", "", "2024", text, kind, birthday]
    cells = [Cell(value, is_number and place == 6) for place, value in enumerate(row)]
    entry = reader.read(2, cells)
    if isinstance(expected, set):
        assert {column for _row, column, _text in entry.problems} == expected
    else:
        assert entry.problems == []
        assert entry.values["identity"] == expected
    assert all(text not in message for _row, _column, message in entry.problems if text)


def test_there_are_forty_cases() -> None:
    assert len(CASES) >= 40


@pytest.mark.parametrize("number", ["1234567890123456", "202400000000000001"])
def test_long_numeric_student_number_is_an_error_and_not_a_guess(number: str) -> None:
    reader = RowReader("students", HEADER, MAPPING, "")
    cells = [Cell(number, is_number=True), *[Cell(value) for value in ("n", "a@b.example", "p", "", "2024")]]
    assert [column for _row, column, _text in reader.read(2, cells).problems] == ["number"]


@given(st.integers(0, 999), st.dates(min_value=date(1950, 1, 1), max_value=date(2015, 1, 1)))
def test_valid_number_passes_and_any_other_check_digit_does_not(order: int, birthday: Any) -> None:
    number = identity_number(order, birthday)
    assert resident_number(number) == (number, birthday)
    for digit in "0123456789X":
        if digit != number[-1]:
            with pytest.raises(ValidationError):
                resident_number(number[:-1] + digit)


def test_check_digit_over_many_random_numbers_by_the_weights_of_the_standard() -> None:
    weights = [pow(2, 17 - place, 11) for place in range(17)]
    dice = Random(7)
    for _turn in range(20_000):
        front = f"320500200{dice.randrange(10)}0{dice.randrange(1, 10)}{dice.randrange(1, 29):02d}{dice.randrange(1000):03d}"
        check = "10X98765432"[sum(int(digit) * weight for digit, weight in zip(front, weights, strict=True)) % 11]
        assert resident_number(front + check)[0] == front + check


def test_one_digit_wrong_or_two_swapped_is_always_found() -> None:
    number = identity_number(123)
    for place in range(17):
        for digit in "0123456789":
            wrong = number[:place] + digit + number[place + 1 :]
            if wrong != number:
                with pytest.raises(ValidationError):
                    resident_number(wrong)
        swapped = number[:place] + number[place + 1] + number[place] + number[place + 2 :]
        if swapped != number:
            with pytest.raises(ValidationError):
                resident_number(swapped)


@pytest.mark.parametrize(("number", "shown"), [(VALID, "110***********002X"), ("E12345678", "*******78"), ("", "")])
def test_masked_shows_three_and_four(number: str, shown: str) -> None:
    assert masked(number) == shown


@pytest.fixture
def keeper(db: None, settings: Any, tmp_path: Path) -> Membership:
    settings.MEDIA_ROOT = tmp_path
    keeper = make_keeper()
    imported(keeper, csv_file([student(1), student(2)]))
    return keeper


def one(number: int) -> StudentProfile:
    return StudentProfile.objects.get(student_number=f"2024{number:06d}")


@pytest.mark.parametrize("place", [0, 5, 12, 30, -1])
def test_flipped_bit_is_unreadable(keeper: Membership, place: int) -> None:
    profile = one(1)
    sealed = bytearray(profile.identity_sealed)
    sealed[place] ^= 1
    StudentProfile.objects.filter(pk=profile.pk).update(identity_sealed=bytes(sealed))
    with pytest.raises(Unreadable):
        _ = one(1).identity


def test_number_moved_to_another_row_does_not_open(keeper: Membership) -> None:
    StudentProfile.objects.filter(pk=one(2).pk).update(identity_sealed=bytes(one(1).identity_sealed))
    with pytest.raises(Unreadable):
        _ = one(2).identity


def test_sealed_number_holds_no_digit_of_it_and_differs_each_time(keeper: Membership) -> None:
    profile = one(1)
    before = bytes(profile.identity_sealed)
    assert identity_number(1).encode() not in before
    profile.seal_identity("resident", identity_number(1))
    assert bytes(profile.identity_sealed) != before


def test_new_key_writes_and_the_old_one_still_reads_and_finds(keeper: Membership, settings: Any) -> None:
    fresh = "new:" + base64.b64encode(b"n" * 32).decode()
    old = settings.FIELD_KEYS
    try:
        settings.FIELD_KEYS = [fresh, *old]
        encryption._keys.cache_clear()
        assert one(1).identity == identity_number(1)
        job = imported(keeper, csv_file([student(1), student(3)]))
        assert (job.summary["created"], job.summary["unchanged"]) == (1, 1)
        assert bytes(one(3).identity_sealed).startswith(b"new:")
        settings.FIELD_KEYS = [fresh]
        encryption._keys.cache_clear()
        assert one(3).identity == identity_number(3)
        with pytest.raises(Unreadable):
            _ = one(1).identity
    finally:
        settings.FIELD_KEYS = old
        encryption._keys.cache_clear()


def test_two_students_of_a_university_cannot_have_one_number(keeper: Membership) -> None:
    profile = one(2)
    profile.seal_identity("resident", identity_number(1))
    with pytest.raises(IntegrityError), transaction.atomic():
        profile.save()


def test_disclosure_takes_a_reason_and_is_recorded_each_time(keeper: Membership) -> None:
    actor, profile = actor_as(keeper), one(1)
    with pytest.raises(ValidationError):
        identity_disclose(actor, membership_id=profile.pk, reason="  ")
    assert not Disclosure.objects.exists()
    for _turn in range(2):
        assert identity_disclose(actor, membership_id=profile.pk, reason="Insurance") == identity_number(1)
    seen = Disclosure.objects.all()
    assert [(row.subject_id, row.viewer_id, row.reason) for row in seen] == [
        (profile.membership.user_id, keeper.user_id, "Insurance")
    ] * 2


def test_disclosure_is_refused_to_others(keeper: Membership) -> None:
    profile = one(1)
    with pytest.raises(NotAllowed):
        identity_disclose(actor_as(make_member(keeper.organization)), membership_id=profile.pk, reason="x")
    with pytest.raises(NotFound):
        identity_disclose(actor_as(make_keeper()), membership_id=profile.pk, reason="x")
    assert not Disclosure.objects.exists()
