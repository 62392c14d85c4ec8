"""The ledger and the balance of interests, recounted by hand."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from apps.agreements.balance import balance_of
from apps.agreements.models import Agreement, AgreementVersion, LedgerEntry
from apps.agreements.services import agreement_submit, ledger_record, ledger_void, version_revise
from apps.agreements.terms import Share
from apps.core.errors import NotAllowed, NotFound, WrongState
from apps.organizations.models import Membership, Role
from tests.factories.agreements import make_draft, make_in_force, make_submitted, open_version, sign_all
from tests.factories.organizations import (
    actor_as,
    make_enterprise,
    make_member,
    make_university,
    rest_client,
    sign_in,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def school(db: None) -> Membership:
    return make_member(make_university())


@pytest.fixture
def firm(db: None) -> Membership:
    return make_member(make_enterprise())


@pytest.fixture
def agreement(school: Membership, firm: Membership) -> Agreement:
    return make_in_force(school, firm)


def entry(**changed: Any) -> dict[str, Any]:
    return {
        "side": "contribution",
        "category": "money",
        "amount": Decimal(1000),
        "unit": "CNY",
        "day": timezone.localdate(),
        "note": "Grant for tools",
    } | changed


def record(member: Membership, agreement: Agreement, **changed: Any) -> LedgerEntry:
    return ledger_record(actor_as(member), agreement_id=agreement.pk, **entry(**changed))


def test_balance_is_the_sum_of_what_stands(school: Membership, firm: Membership, agreement: Agreement) -> None:
    record(school, agreement, amount=Decimal(300))
    record(school, agreement, side="benefit", amount=Decimal("100.50"), horizon="long")
    record(firm, agreement, side="benefit", amount=Decimal(2), unit="persons", category="hires", value=Decimal("200"))
    record(firm, agreement, side="benefit", amount=Decimal(40), unit="hours", category="staff_hours")
    record(firm, agreement, amount=Decimal(9999), stage="planned", day=timezone.localdate() + timedelta(days=90))
    ledger_void(actor_as(firm), entry_id=record(firm, agreement, side="benefit").pk, reason="Counted twice")
    mine, theirs = balance_of(agreement)
    assert mine.net == Decimal("-199.50")
    assert mine.total("benefit", "actual", "long") == Decimal("100.50")
    assert mine.total("benefit", "actual", "short") == 0
    assert theirs.total("benefit", "actual") == Decimal(200)
    assert theirs.total("contribution", "planned") == Decimal(9999)
    assert theirs.uncounted == 1
    assert (mine.real_benefit, theirs.real_benefit) == (Decimal("33.4"), Decimal("66.6"))
    assert (mine.real_contribution, theirs.real_contribution) == (Decimal("100.0"), Decimal("0.0"))


def test_balance_of_an_empty_ledger_shares_nothing(agreement: Agreement) -> None:
    assert [(line.net, line.real_benefit, line.difference) for line in balance_of(agreement)] == [(0, None, None)] * 2


def test_balance_costs_the_same_at_any_length(
    school: Membership, agreement: Agreement, django_assert_num_queries: Any
) -> None:
    for _number in range(5):
        record(school, agreement)
    with django_assert_num_queries(3):
        balance_of(agreement)


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"amount": Decimal(0)}, "amount"),
        ({"amount": Decimal(-1)}, "amount"),
        ({"unit": "GBP"}, "unit"),
        ({"side": "loss"}, "side"),
        ({"note": ""}, "note"),
        ({"day": timezone.localdate() + timedelta(days=1)}, "day"),
    ],
)
def test_record_bad_values_names_the_field(
    changed: dict[str, Any], field: str, school: Membership, agreement: Agreement
) -> None:
    with pytest.raises(ValidationError) as refused:
        record(school, agreement, **changed)
    assert set(refused.value.message_dict) == {field}
    assert not LedgerEntry.objects.exists()


def test_record_and_void_are_for_the_party_itself(school: Membership, firm: Membership, agreement: Agreement) -> None:
    own = record(school, agreement)
    with pytest.raises(NotAllowed):
        ledger_void(actor_as(firm), entry_id=own.pk, reason="I do not like it")
    with pytest.raises(NotAllowed):
        record(make_member(school.organization, Role.OBSERVER), agreement)
    stranger = make_member(make_enterprise())
    with pytest.raises(NotFound):
        record(stranger, agreement)
    with pytest.raises(NotFound):
        ledger_void(actor_as(stranger), entry_id=own.pk, reason="Mine")
    assert not LedgerEntry.objects.visible_to(actor_as(stranger)).exists()
    assert LedgerEntry.objects.visible_to(actor_as(firm)).get() == own


def test_record_before_all_have_signed_is_refused(school: Membership, firm: Membership) -> None:
    with pytest.raises(WrongState):
        record(school, make_submitted(school, firm))


def test_void_needs_a_reason_and_keeps_the_first(school: Membership, agreement: Agreement) -> None:
    own = record(school, agreement)
    with pytest.raises(ValidationError):
        ledger_void(actor_as(school), entry_id=own.pk, reason=" ")
    ledger_void(actor_as(school), entry_id=own.pk, reason="Twice")
    assert ledger_void(actor_as(school), entry_id=own.pk, reason="Other").void_reason == "Twice"


def shares(agreement: Agreement, *pairs: tuple[int, int]) -> tuple[Share, ...]:
    parties = agreement.parties.order_by("pk")
    return tuple(Share(party.pk, Decimal(a), Decimal(b)) for party, (a, b) in zip(parties, pairs, strict=True))


def agree(drafter: Membership, agreement: Agreement, shared: tuple[Share, ...]) -> AgreementVersion:
    version = open_version(agreement)
    return version_revise(actor_as(drafter), version_id=version.pk, expected_revision=None, shares=shared)


def test_shares_are_part_of_what_is_signed(school: Membership, firm: Membership) -> None:
    draft = make_draft(school, firm)
    before = open_version(draft).content_hash
    agree(school, draft, shares(draft, (40, 50), (60, 50)))
    assert open_version(draft).content_hash != before
    submitted = make_submitted(school, firm)
    with pytest.raises(WrongState):
        agree(school, submitted, shares(submitted, (40, 50), (60, 50)))


def test_shares_that_do_not_add_up_are_refused(school: Membership, firm: Membership) -> None:
    draft = make_draft(school, firm)
    for bad in (
        shares(draft, (40, 50), (61, 50)),
        shares(draft, (40, 50), (60, 49)),
        shares(draft, (140, 50), (-40, 50)),
        shares(draft, (40, 50), (60, 50))[:1],
    ):
        with pytest.raises(ValidationError):
            agree(school, draft, bad)
    assert open_version(draft).said.shares == ()


def test_other_parties_void_the_shares(school: Membership, firm: Membership) -> None:
    draft = make_draft(school, firm)
    agree(school, draft, shares(draft, (40, 50), (60, 50)))
    others = [firm.organization_id, make_enterprise().pk]
    version = open_version(draft)
    version_revise(actor_as(school), version_id=version.pk, expected_revision=None, party_ids=others)
    assert open_version(draft).said.shares == ()


def test_balance_compares_with_the_shares_of_the_version_in_force(school: Membership, firm: Membership) -> None:
    draft = make_draft(school, firm)
    agree(school, draft, shares(draft, (40, 50), (60, 50)))
    agreement_submit(actor_as(school), agreement_id=draft.pk)
    sign_all(draft, (school, firm))
    agreement = Agreement.objects.get()
    record(school, agreement, side="benefit", amount=Decimal(100))
    assert [(line.agreed_benefit, line.real_benefit) for line in balance_of(agreement)] == [
        (Decimal(40), Decimal(100)),
        (Decimal(60), Decimal(0)),
    ]


def _browser(membership: Membership) -> Client:
    browser = Client()
    sign_in(browser, membership)
    return browser


def test_pages_from_entry_to_balance(
    school: Membership, firm: Membership, agreement: Agreement, settings: Any, tmp_path: Path
) -> None:
    settings.MEDIA_ROOT = tmp_path
    browser = _browser(school)
    new = reverse("agreements:ledger_record", args=[agreement.pk])
    assert browser.post(new, {}).status_code == 422
    evidence = SimpleUploadedFile(
        "收据.pdf", b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n", "application/pdf"
    )
    sent = entry(stage="actual", horizon="short", day=timezone.localdate().isoformat(), evidence=evidence)
    assert browser.post(new, sent).url == reverse("agreements:ledger", args=[agreement.pk])
    row = LedgerEntry.objects.get()
    assert row.evidence_name == "收据.pdf"
    page = _browser(firm).get(reverse("agreements:ledger", args=[agreement.pk])).content.decode()
    assert "Grant for tools" in page
    assert reverse("agreements:ledger_void", args=[row.pk]) not in page
    file = _browser(firm).get(reverse("agreements:ledger_evidence", args=[row.pk]))
    assert file.headers["Content-Disposition"].startswith("attachment")
    assert b"".join(file.streaming_content).startswith(b"%PDF")  # type: ignore[attr-defined]  # of a file response
    stranger = _browser(make_member(make_enterprise()))
    assert stranger.get(reverse("agreements:ledger_evidence", args=[row.pk])).status_code == 404
    assert browser.post(reverse("agreements:ledger_void", args=[row.pk]), {"reason": "Twice"}).status_code == 302
    assert "Twice" in browser.get(reverse("agreements:ledger", args=[agreement.pk])).content.decode()


def test_ledger_over_rest(school: Membership, firm: Membership, agreement: Agreement) -> None:
    client = rest_client(school)
    body = entry(agreement=agreement.pk, day=timezone.localdate().isoformat(), amount="12.50")
    made = client.post("/api/v1/ledger-entries/", body)
    assert made.status_code == 201
    assert made.json()["organization"] == school.organization.code
    assert client.post("/api/v1/ledger-entries/", body | {"amount": "0"}).status_code == 400
    listed = rest_client(firm).get("/api/v1/ledger-entries/", {"agreement": agreement.pk}).json()["results"]
    assert [row["amount"] for row in listed] == ["12.50"]
    void = f"/api/v1/ledger-entries/{made.json()['id']}/void/"
    assert rest_client(firm).post(void, {"reason": "no"}).status_code == 403
    assert client.post(void, {"reason": "Twice"}).json()["void_reason"] == "Twice"
    stranger = rest_client(make_member(make_enterprise()))
    assert stranger.get("/api/v1/ledger-entries/").json()["results"] == []
