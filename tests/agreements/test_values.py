"""What fills the blanks of a text: days, and of an engagement the teacher and the fields."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from django.core.exceptions import ValidationError

from apps.agreements.models import Mode
from apps.agreements.services.values import check_values, word_gaps
from apps.agreements.terms import Clause, Terms

FIELDS = {"teacher": "Lin Tao", "teacher_field": "RFID", "business_field": "RFID"}
TEXT = "{teacher} ({teacher_field}) works in {business_field}."
TERMS = Terms("Start-up", date(2026, 1, 1), date(2027, 1, 1), (), (Clause("scope", "Scope", TEXT),), values=FIELDS)
ENGAGEMENT, OTHER = Mode(code="engagement_off_post", opens=["engagement"]), Mode(code="training_base", opens=["base"])


def filled(**values: str) -> Terms:
    return replace(TERMS, values=FIELDS | values)


@pytest.mark.parametrize("field", ["RFID", " rfid ", "R F I D"])
def test_same_field_fits_however_it_is_written(field: str) -> None:
    check_values(ENGAGEMENT, filled(business_field=field))


@pytest.mark.parametrize(
    ("name", "value"),
    [("business_field", "Catering"), ("teacher", "x" * 101), ("notice_days", "soon"), ("unknown", "1")],
)
def test_what_does_not_fit_is_refused_next_to_its_field(name: str, value: str) -> None:
    with pytest.raises(ValidationError) as refusal:
        check_values(ENGAGEMENT, filled(**{name: value}))
    assert set(refusal.value.message_dict) == {name}


def test_other_modes_have_no_fields_to_match() -> None:
    check_values(OTHER, filled(business_field="Catering"))
    assert word_gaps(OTHER, replace(TERMS, values={}, clauses=())) == {}


def test_gap_is_what_is_not_filled_and_what_no_clause_names() -> None:
    assert word_gaps(ENGAGEMENT, TERMS) == {}
    found = word_gaps(ENGAGEMENT, filled(teacher=" "))
    assert [len(found.get(part, [])) for part in ("values", "clauses")] == [1, 0]
    silent = word_gaps(ENGAGEMENT, replace(TERMS, clauses=(Clause("scope", "Scope", "It is agreed."),)))
    assert [len(silent.get(part, [])) for part in ("values", "clauses")] == [0, 3]
