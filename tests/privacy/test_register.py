"""Every model that leads to a person is in the register, and the register can be trusted."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.db import models
from django.test.utils import isolate_apps

from apps.notifications.kinds import all_kinds
from apps.notifications.personal import NAMED
from apps.privacy.periods import PERIODS
from apps.privacy.register import Act, Holding, register, unclassified
from tests.factories.organizations import make_person

HOLDINGS = register.holdings
WORDS = (models.CharField, models.TextField, models.JSONField, models.FileField)


def test_every_model_that_leads_to_a_person_is_classified() -> None:
    assert unclassified(apps.get_models()) == []


@isolate_apps("apps.privacy")
def test_a_new_model_is_found_directly_and_over_another() -> None:
    class Diary(models.Model):
        author = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")

        class Meta:
            app_label = "privacy"

        def __str__(self) -> str:
            return ""

    class Page(models.Model):
        membership = models.OneToOneField("organizations.Membership", models.CASCADE, related_name="+")

        class Meta:
            app_label = "privacy"

        def __str__(self) -> str:
            return ""

    Page._meta.get_field("membership").remote_field.model = apps.get_model("organizations.Membership")
    Diary._meta.get_field("author").remote_field.model = apps.get_model("accounts.User")
    assert {"privacy.Diary", "privacy.Page"} <= set(unclassified([*apps.get_models(), Diary, Page]))


@pytest.mark.django_db
@pytest.mark.parametrize("holding", HOLDINGS, ids=lambda holding: f"{holding.label} {holding.act.value}")
def test_holding_names_what_is_there(holding: Holding) -> None:
    """Paths lead to people, fields exist, the period is known, and there is a reason."""
    person = make_person()
    assert all(holding.about(person) and row.pk for row in holding.rows_of(person))
    names = {field.name for field in holding.model._meta.get_fields()}
    assert {*(holding.fields or ()), *holding.blank} <= names
    assert set(holding.reveal) <= set(holding.copied_fields())
    assert holding.retention in PERIODS
    assert holding.why
    if holding.since:
        assert not holding.rows().filter(**{f"{holding.since}__isnull": False}, pk__isnull=True).exists()


def test_what_stays_is_said_with_its_reason_and_what_goes_has_a_date_or_the_account() -> None:
    for holding in HOLDINGS:
        if holding.act is not Act.KEEP and holding.retention != "account":
            assert any(part.since for part in register.of_model(holding.label)), f"{holding.label} is never due"


def test_names_in_notifications_are_known_to_erasure() -> None:
    """A parameter that is somebody's name must be blanked when they go."""
    used = {key for kind in all_kinds() for key in NAMED if f"%({key})s" in str(kind.text)}
    assert used == set(NAMED)


def test_page_of_the_documentation_shows_the_register_of_now() -> None:
    call_command("draw_register", check=True)


def test_history_says_nothing_about_people_in_words() -> None:
    """It cannot be erased. What it holds beside numbers, dates and choices stands here and in the documentation."""
    said = {
        f"{holding.label}.{field.name}"
        for holding in HOLDINGS
        if hasattr(holding.model, "pgh_obj")
        for field in holding.model._meta.concrete_fields
        if not field.name.startswith("pgh_") and not field.choices and isinstance(field, WORDS)
    }
    assert said == {
        "agreements.LedgerEntryEvent.evidence",
        "agreements.LedgerEntryEvent.evidence_name",
        "agreements.LedgerEntryEvent.note",
        "agreements.LedgerEntryEvent.void_reason",
        "agreements.ObligationEvent.key",
        "agreements.ObligationEvent.note",
        "agreements.ObligationEvent.reason",
        "agreements.ObligationEvent.text",
        "agreements.ObligationEvent.unit",
        "agreements.SignatureEvent.content_hash",
        "agreements.SignatureEvent.evidence",
        "agreements.SignatureEvent.factor",
        "agreements.SignatureEvent.void_reason",
        "organizations.MembershipEvent.title",
        "organizations.RegistrationEvent.code",
        "organizations.RegistrationEvent.country",
        "organizations.RegistrationEvent.name",
        "organizations.RegistrationEvent.name_en",
    }
