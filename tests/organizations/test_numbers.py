from __future__ import annotations

import random
from contextlib import suppress

import pytest
from django.core.exceptions import ValidationError

from apps.organizations.models import Organization
from apps.organizations.numbers import COUNTRIES, LONGEST, registration_number

ENTERPRISE, UNIVERSITY = Organization.Kind.ENTERPRISE, Organization.Kind.UNIVERSITY


@pytest.mark.parametrize(
    ("text", "country", "kind", "stored"),
    [
        ("91110000600037341L", "CN", ENTERPRISE, "91110000600037341L"),
        (" 9111 0000-6000 3734 1l", "CN", ENTERPRISE, "91110000600037341L"),
        ("９１１１００００６０００３７３４１Ｌ", "CN", ENTERPRISE, "91110000600037341L"),
        ("91110000600037341L", "CN", UNIVERSITY, "91110000600037341L"),
        ("4132012688", "CN", UNIVERSITY, "4132012688"),
        ("DE 136,695 976".replace(",", " "), "DE", ENTERPRISE, "DE136695976"),
        ("HRB 12345", "DE", ENTERPRISE, "DEHRB12345"),
        ("CHE-100.155.212", "CH", ENTERPRISE, "CHE100155212"),
        ("552 008 443", "FR", ENTERPRISE, "FR552008443"),
        ("5-8356-7825-6246", "JP", ENTERPRISE, "JP5835678256246"),
        ("1234 5678", "HK", ENTERPRISE, "HK12345678"),
        ("ET/12-345", "ET", ENTERPRISE, "ET/12345"),
    ],
)
def test_number_that_is_right_is_stored_in_one_form(text: str, country: str, kind: str, stored: str) -> None:
    assert registration_number(text, country=country, kind=kind) == stored


@pytest.mark.parametrize(
    ("text", "country", "kind", "words"),
    [
        ("91110000600037341M", "CN", ENTERPRISE, "check character"),
        ("4132012688", "CN", ENTERPRISE, "18 characters; this one has 10"),
        ("413201268", "CN", UNIVERSITY, "ten digits"),
        ("٤١٣٢٠١٢٦٨٨", "CN", UNIVERSITY, "ten digits"),
        ("DE136695977", "DE", ENTERPRISE, "Check every character"),
        ("", "CN", ENTERPRISE, "this one has 0"),
        ("12", "ET", ENTERPRISE, "Check every character"),
    ],
)
def test_number_that_is_wrong_is_refused_with_the_reason(text: str, country: str, kind: str, words: str) -> None:
    with pytest.raises(ValidationError) as refusal:
        registration_number(text, country=country, kind=kind)
    assert words in refusal.value.message_dict["code"][0]


def test_number_of_a_country_that_is_not_listed_is_refused() -> None:
    with pytest.raises(ValidationError) as refusal:
        registration_number("12345678", country="XX", kind=ENTERPRISE)
    assert set(refusal.value.message_dict) == {"country"}


@pytest.mark.parametrize("country", COUNTRIES)
def test_rules_of_a_country_stand_any_text(country: str) -> None:
    dice = random.Random(country)  # chance must repeat
    signs = "0123456789ABCXYZ/中é\x00 '٤"
    for _turn in range(200):
        text = "".join(dice.choices(signs, k=dice.randrange(20)))
        with suppress(ValidationError):
            assert len(registration_number(text, country=country, kind=ENTERPRISE)) <= LONGEST
