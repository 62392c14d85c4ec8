"""Mail to addresses: with the act or not at all, sent once, its text gone afterwards."""

from __future__ import annotations

import logging
import smtplib
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.db import transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from apps.accounts.mail import MAX_ATTEMPTS, prune_mail, queue_mail, send_due
from apps.accounts.models import QueuedMail
from tests.factories.organizations import make_person, sign_in_person

pytestmark = pytest.mark.django_db
SECRET = "https://portal.example/accounts/reset/SECRET"


def queued(to: str = "ada@example.org") -> QueuedMail:
    queue_mail(to=to, subject="Your\nlink", body=SECRET)
    return QueuedMail.objects.latest("pk")


def test_mail_is_sent_once_and_loses_its_text() -> None:
    row = queued()
    assert (send_due(), send_due()) == (1, 0)
    [sent] = mail.outbox
    assert (sent.to, sent.subject, sent.body) == (["ada@example.org"], "Your link", SECRET)
    row.refresh_from_db()
    assert (row.state, row.body) == ("sent", "")
    assert row.sent_at is not None


@pytest.mark.django_db(transaction=True)
def test_mail_of_an_act_that_failed_is_not_sent() -> None:
    with transaction.atomic():
        queued()
        transaction.set_rollback(True)
    assert send_due() == 0


def test_bad_mail_is_tried_later_and_given_up_and_stops_nobody(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    send = EmailBackend.send_messages

    def refuse(self: EmailBackend, messages: list[Any]) -> int:
        if messages[0].to == ["bad@example.org"]:
            raise smtplib.SMTPRecipientsRefused({"bad@example.org": (550, b"no")})
        return int(send(self, messages))

    monkeypatch.setattr(EmailBackend, "send_messages", refuse)
    bad, good = queued("bad@example.org"), queued()
    with caplog.at_level(logging.INFO):
        assert send_due() == 1
    bad.refresh_from_db()
    assert (bad.state, bad.attempts, bad.error) == ("waiting", 1, "SMTPRecipientsRefused")
    assert bad.due_at > timezone.now()
    good.refresh_from_db()
    assert good.state == "sent"
    for _attempt in range(MAX_ATTEMPTS):
        QueuedMail.objects.filter(state="waiting").update(due_at=timezone.now())
        send_due()
    bad.refresh_from_db()
    assert (bad.state, bad.attempts) == ("failed", MAX_ATTEMPTS)
    assert "bad@example.org" not in caplog.text
    assert "SECRET" not in caplog.text


def test_server_that_is_away_costs_no_attempt(monkeypatch: pytest.MonkeyPatch) -> None:
    row = queued()
    monkeypatch.setattr(EmailBackend, "open", lambda self: (_ for _ in ()).throw(ConnectionRefusedError()))
    assert send_due() == 0
    row.refresh_from_db()
    assert (row.state, row.attempts) == ("waiting", 0)


def test_mail_given_up_is_seen_by_staff_without_its_text(client: Client) -> None:
    row = queued("bad@example.org")
    QueuedMail.objects.update(state="failed")
    staff = make_person()
    staff.is_staff = staff.is_superuser = True
    staff.save()
    sign_in_person(client, staff)
    listed = client.get(reverse("admin:accounts_queuedmail_changelist")).content.decode()
    shown = client.get(reverse("admin:accounts_queuedmail_change", args=[row.pk])).content.decode()
    assert "bad@example.org" in listed
    assert "SECRET" not in listed + shown


def test_old_mail_that_was_sent_goes_and_what_was_given_up_stays() -> None:
    sent, given_up = queued(), queued()
    send_due()
    QueuedMail.objects.filter(pk=sent.pk).update(sent_at=timezone.now() - timedelta(days=31))
    QueuedMail.objects.filter(pk=given_up.pk).update(state="failed", sent_at=None)
    assert (prune_mail(), prune_mail()) == (1, 0)
    assert QueuedMail.objects.get() == given_up


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_mail_is_in_the_language_of_the_person(language: str, client: Client) -> None:
    person = make_person()
    person.language = language
    person.save()
    client.post(reverse("account_reset_password"), {"email": person.email})
    reset = QueuedMail.objects.get(to=person.email)
    assert ("密码" in reset.subject) is (language == "zh-hans")
