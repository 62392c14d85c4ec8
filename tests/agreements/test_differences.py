"""What differs between two documents is named, whatever it is."""

from __future__ import annotations

import time
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.agreements.differences import Piece, compared, differences, document_shown
from apps.agreements.models import Mode
from apps.agreements.services import agreement_recall, agreement_submit, version_revise
from tests.factories.agreements import make_draft, make_in_force, make_submitted, open_version, signer_of
from tests.factories.organizations import actor_as, make_enterprise, make_member, make_university

DOCUMENT: dict[str, Any] = {
    "title": "A training base",
    "starts_on": "2026-09-01",
    "ends_on": "2027-08-31",
    "parties": [{"party": 1, "code": "U1", "name": "A school"}, {"party": 2, "code": "E1", "name": "A firm"}],
    "clauses": [
        {"key": "scope", "heading": "Scope", "text": "Sixty students a year. From May.", "concerns": []},
        {"key": "pay", "heading": "Pay", "text": "实习报酬按月支付。不得拖欠。", "concerns": [2]},
        {"key": "other", "heading": "Night shifts", "text": "None.", "concerns": []},
        {"key": "other", "heading": "Canteen", "text": "Open to all.", "concerns": []},
    ],
    "duties": [
        {
            "key": "d1",
            "party": 2,
            "kind": "places",
            "text": "Places",
            "quantity": "60",
            "unit": "places",
            "due_on": "2027-03-01",
        },
        {
            "key": "d2",
            "party": 1,
            "kind": "money",
            "text": "Rent",
            "quantity": "9.5",
            "unit": "CNY",
            "due_on": "2027-04-01",
        },
    ],
    "shares": [{"party": 1, "benefit": "50", "risk": "40"}, {"party": 2, "benefit": "50", "risk": "60"}],
    "attachments": [
        {"file": 7, "name": "list.pdf", "sha256": "a" * 64, "concerns": []},
        {"file": 8, "name": "plan.pdf", "sha256": "b" * 64, "concerns": [1]},
    ],
    "agreement": 5,
    "version": 1,
    "kind": "original",
    "mode": "training_base",
    "framework": None,
    "signers": [[1, "authorised", 1], [2, "authorised", 1]],
}


def mutated(value: Any) -> Iterator[Any]:
    """Every document that differs in one place: a leaf changed, a row taken out, repeated, or moved."""
    if isinstance(value, dict):
        for key, part in value.items():
            for other in mutated(part):
                yield value | {key: other}
    elif isinstance(value, list):
        for place, part in enumerate(value):
            yield value[:place] + value[place + 1 :]
            if place:
                yield [*value[: place - 1], part, value[place - 1], *value[place + 1 :]]
            for other in mutated(part):
                yield [*value[:place], other, *value[place + 1 :]]
    elif isinstance(value, int):
        yield value + 1
    elif value is None:
        yield 3
    else:
        yield ANOTHER.get(value) or _another(value)


OTHER_SIGNERS = (
    [[1, "authorised", 1]],
    [[1, "authorised", 1], [2, "authorised", 1], [2, "authorised", 1]],
    [[1, "authorised", 1], [2, "legal", 1]],
    [[1, "authorised", 1], [2, "authorised", 2]],
    [[1, "authorised", 1], [3, "authorised", 1]],
)
ANOTHER = {
    "2027-08-31": "2027-08-30",
    "original": "amendment",
    "training_base": "placement",
    "places": "money",
    "authorised": "legal",
}


def _another(text: str) -> str:
    """Another text; a date stays one, a number too."""
    return text[:-1] + ("2" if text[-1] != "2" else "1")


@pytest.mark.django_db
def test_every_change_of_one_place_is_named() -> None:
    plain = {key: part for key, part in DOCUMENT.items() if key != "signers"}
    documents = [document | {"signers": DOCUMENT["signers"]} for document in mutated(plain)]
    documents += [DOCUMENT | {"signers": signers} for signers in OTHER_SIGNERS]
    assert len(documents) > 70
    for document in documents:
        assert differences(DOCUMENT, document), document
        assert differences(document, DOCUMENT), document


def test_equal_documents_do_not_differ() -> None:
    assert differences(DOCUMENT, deepcopy(DOCUMENT)) == []


def test_words_that_changed_are_marked_in_both_scripts() -> None:
    after = deepcopy(DOCUMENT)
    after["clauses"][0]["text"] = "Ninety students a year. From May."
    after["clauses"][1]["text"] = "实习报酬按季支付。不得拖欠。"
    scope, pay = differences(DOCUMENT, after)
    assert (scope.what, scope.kind) == ("Clause 1: Scope", "changed")
    assert scope.pieces == (
        Piece("deleted", "Sixty"),
        Piece("inserted", "Ninety"),
        Piece("same", " students a year. From May."),
    )
    assert [piece.text for piece in pay.pieces if piece.kind != "same"] == ["月", "季"]


def test_clause_that_was_inserted_does_not_change_the_others() -> None:
    after = deepcopy(DOCUMENT)
    after["clauses"].insert(0, {"key": "safety", "heading": "Safety", "text": "Helmets.", "concerns": []})
    (change,) = differences(DOCUMENT, after)
    assert (change.what, change.kind) == ("Clause 1: Safety", "added")


def test_duties_of_the_same_words_are_still_told_apart() -> None:
    """The line of a duty is made of its parts; another split of the same line is another duty."""
    before, after = deepcopy(DOCUMENT), deepcopy(DOCUMENT)
    before["duties"] = [DOCUMENT["duties"][0] | {"text": "T, 5 x", "quantity": "3", "unit": "y"}]
    after["duties"] = [DOCUMENT["duties"][0] | {"text": "T", "quantity": "5", "unit": "x, 3 y"}]
    assert differences(before, after)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.text("ab。. \n学", max_size=40), st.text("ab。. \n学", max_size=40))
def test_pieces_give_both_texts_back(before: str, after: str) -> None:
    pieces = compared(before, after)
    assert "".join(piece.text for piece in pieces if piece.kind != "inserted") == before
    assert "".join(piece.text for piece in pieces if piece.kind != "deleted") == after
    assert all(piece.text for piece in pieces)


@pytest.mark.parametrize("sign", ["。", "的", "a ", "学生。"])
def test_no_text_keeps_the_portal_busy(sign: str) -> None:
    start = time.perf_counter()
    compared(sign * 4000, "x" + sign * 3000 + "y" + sign * 999)
    assert time.perf_counter() - start < 5


@pytest.mark.django_db
def test_document_that_was_shown_is_found_again_by_its_hash() -> None:
    school, firm = make_member(make_university()), make_member(make_enterprise())
    agreement = make_submitted(school, firm)
    version = open_version(agreement)
    party = signer_of(agreement, firm.organization_id).party_id
    shown, old = version.hash_for(party), version.document(party)
    agreement_recall(actor_as(school), agreement_id=agreement.pk, reason="A mistake")
    version_revise(actor_as(school), version_id=version.pk, expected_revision=None, title="Another title")
    agreement_submit(actor_as(school), agreement_id=agreement.pk)
    assert document_shown(agreement.pk, party, shown) == old
    assert document_shown(agreement.pk, party, open_version(agreement).hash_for(party)) != old
    assert document_shown(agreement.pk, party, "0" * 64) is None
    other = make_draft(school, firm)
    assert document_shown(other.pk, party, shown) is None


@pytest.mark.django_db
def test_framework_and_mode_are_named_by_their_titles() -> None:
    framework = make_in_force(make_member(make_university()), make_member(make_enterprise()), title="A roof")
    after = DOCUMENT | {"framework": framework.pk, "mode": "placement"}
    mode, roof = differences(DOCUMENT, after)
    assert mode.after[0].text == str(Mode.objects.get(pk="placement"))
    assert roof.after[0].text == f"A roof ({framework.number})"
