"""Each class goes on its day, no day before, and nothing else goes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.sessions.models import Session
from django.db.models import Model
from django.utils import timezone

from apps.accounts.models import QueuedMail, User
from apps.applications.models import Application
from apps.evaluations.models import Evaluation
from apps.jobs.models import IdempotentAnswer, JobRun
from apps.notifications.models import Delivery, Notification
from apps.organizations.models import ApiToken, Invitation, Membership, Registration
from apps.placements.models import Journal, JournalAnswer, Placement, ProgressLog
from apps.privacy.models import (
    Consent,
    ConsentText,
    Disclosure,
    ErasureRequest,
    GuardianLink,
    LegalGuardian,
    LegalHold,
    Purpose,
)
from apps.privacy.periods import days_of
from apps.privacy.register import ERASED, Holding, register
from apps.privacy.services import hold_lift, hold_place, retention_apply
from apps.universities.models import RosterImport, StudentProfile
from tests.factories.organizations import SYSTEM, make_member, make_person
from tests.privacy.people import full_student

pytestmark = pytest.mark.django_db
START = datetime(2026, 3, 2, 9, 30, tzinfo=timezone.get_default_timezone())
DATED = sorted({(h.label, h.since, h.retention) for h in register.holdings if h.since and days_of(h.retention)})


def one_of_each() -> User:
    """A row of every dated class about one person, each with its period beginning at ``START``."""
    world, person = full_student()
    student = person.memberships.get()
    ApiToken.objects.create(membership=student, name="Script", digest="t" * 64, expires_at=START)
    Session.objects.create(session_key="s" * 32, session_data="", expire_date=START)
    LogEntry.objects.create(user=person, action_flag=2, object_repr="x", action_time=START)
    JobRun.objects.create(kind="k", title="t", requested_by=person, state="done")
    IdempotentAnswer.objects.create(user=person, key="k", fingerprint="f", status=200, body={})
    ErasureRequest.objects.create(person=person, due_at=START, state="withdrawn", decided_at=START)
    LegalHold.objects.create(person=person, reason="over", lifted_at=START)
    RosterImport.objects.create(university=world.university, kind="students", file_name="f.csv", created_by=person)
    Membership.objects.filter(pk=student.pk).update(title="Monitor")
    GuardianLink.objects.update(expires_at=START)
    Registration.objects.update(state="rejected", reason="No", decided_at=START)
    for label, since, _retention in DATED:
        if "__" not in since:
            model = next(h for h in register.holdings if h.label == label).model
            model._base_manager.update(**{since: START})
    User.objects.filter(pk=person.pk).update(last_login=START, date_joined=START)
    return person


def state_of(model: type[Model]) -> list[Any]:
    return list(model._base_manager.order_by("pk").values())


@pytest.mark.parametrize(("label", "since", "retention"), DATED)
def test_class_goes_within_a_day_of_its_date_and_not_before(label: str, since: str, retention: str) -> None:
    one_of_each()
    parts = [h for h in register.of_model(label) if h.since == since and h.retention == retention]
    assert _has_row(parts), f"nothing of {label} to keep or lose"
    due = START + timedelta(days=days_of(retention))
    before = state_of(parts[0].model)
    _apply_only(parts, due)
    assert state_of(parts[0].model) == before, "too early"
    _apply_only(parts, due + timedelta(days=1))
    assert state_of(parts[0].model) != before, "too late"


def _has_row(parts: list[Holding]) -> bool:
    return any(part.rows().filter(**{f"{part.since}__isnull": False}).exists() for part in parts)


def _apply_only(parts: list[Holding], now: datetime) -> None:
    """The daily run with the other classes switched off, so that only this one's clock is read."""
    others = register.holdings
    register.holdings = parts
    try:
        retention_apply(SYSTEM, now=now)
    finally:
        register.holdings = others


def test_ten_years_of_days_leave_what_has_no_date_and_no_text() -> None:
    """Year by year: what has gone stays gone, the figures stay, and the person is erased after three."""
    person = one_of_each()
    for year in range(1, 11):
        retention_apply(SYSTEM, now=START + timedelta(days=365 * year + 2))
        assert User.objects.filter(pk=person.pk, erased_at__isnull=False).exists() == (year >= 3), year
        texts = set(Journal.objects.values_list("work_done", flat=True))
        assert (texts == {ERASED}) == (year >= 5), year
    for gone in (Notification, Delivery, JobRun, IdempotentAnswer, Disclosure, ErasureRequest, LegalHold, Registration):
        assert not gone.objects.exists(), gone
    assert not QueuedMail.objects.exclude(subject__contains="erased").exists()
    assert not GuardianLink.objects.exists()
    assert not Consent.objects.filter(withdrawn_at__lt=START + timedelta(days=1)).exists()
    assert set(LegalGuardian.objects.values_list("name", flat=True)) == {ERASED}
    assert set(ProgressLog.objects.values_list("tasks", "note")) == {(ERASED, "")}
    assert set(JournalAnswer.objects.values_list("text", flat=True)) == {ERASED}
    assert set(Evaluation.objects.values_list("comment", flat=True)) == {""}
    assert set(Application.objects.values_list("statement", flat=True)) == {ERASED}
    assert set(StudentProfile.objects.filter(membership__user=person).values_list("identity_kind")) == {("",)}
    assert Placement.objects.count() == 1
    assert ProgressLog.objects.get().hours == 7.5
    assert set(Invitation.objects.values_list("email", flat=True)) == {"erased@erased.invalid"}
    assert set(RosterImport.objects.values_list("file", flat=True)) == {""}


def test_repeat_finds_nothing() -> None:
    one_of_each()
    now = START + timedelta(days=365 * 6)
    assert sum(retention_apply(SYSTEM, now=now).values()) > 0
    again = retention_apply(SYSTEM, now=now)
    del again["accounts.QueuedMail"]  # what told the erased of it, on a clock that stands years ago
    assert {label: count for label, count in again.items() if count} == {}


def test_legal_hold_keeps_everything_about_the_person_and_nothing_else() -> None:
    person = one_of_each()
    other = make_person()
    JobRun.objects.create(kind="k", title="other", requested_by=other, state="done", finished_at=START)
    hold = hold_place(SYSTEM, person_id=person.pk, reason="Inspection")
    held = [_rows(Journal), _rows(Application), _rows(Disclosure), _rows(LegalGuardian), _rows(ProgressLog)]
    before = [rows() for rows in held]
    retention_apply(SYSTEM, now=START + timedelta(days=3650))
    assert [rows() for rows in held] == before
    assert not JobRun.objects.filter(requested_by=other).exists()
    assert JobRun.objects.filter(requested_by=person).exists()
    assert User.objects.get(pk=person.pk).erased_at is None
    hold_lift(SYSTEM, hold_id=hold.pk)
    retention_apply(SYSTEM, now=START + timedelta(days=3650))
    assert [rows() for rows in held] != before
    assert User.objects.get(pk=person.pk).erased_at is not None


def _rows(model: type[Model]) -> Callable[[], list[Any]]:
    return lambda: state_of(model)


def test_who_still_belongs_somewhere_is_not_former() -> None:
    member = make_member(one_of_each().memberships.get().organization)
    User.objects.update(date_joined=START, last_login=START)
    retention_apply(SYSTEM, now=START + timedelta(days=3650))
    assert User.objects.get(pk=member.user_id).erased_at is None


def test_setting_changes_the_period_of_a_class(settings: Any) -> None:
    settings.RETENTION_DAYS = {"mail": 3}
    QueuedMail.objects.create(to="a@example.org", subject="s")
    QueuedMail.objects.update(created_at=START)
    retention_apply(SYSTEM, now=START + timedelta(days=3))
    assert QueuedMail.objects.exists()
    retention_apply(SYSTEM, now=START + timedelta(days=4))
    assert not QueuedMail.objects.exists()


def test_class_that_fails_does_not_stop_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    one_of_each()

    def broken(holding: Holding, rows: Any) -> int:
        if holding.label == "jobs.JobRun":
            raise RuntimeError
        return kept(holding, rows)

    kept = Holding.erase
    monkeypatch.setattr(Holding, "erase", broken)
    retention_apply(SYSTEM, now=START + timedelta(days=400))
    assert JobRun.objects.exists()
    assert not IdempotentAnswer.objects.exists()
    assert ConsentText.objects.filter(purpose=Purpose.PHOTO).exists()
