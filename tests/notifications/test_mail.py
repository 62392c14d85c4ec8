from __future__ import annotations

import threading
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.db import connection
from django.utils import timezone

from apps.notifications.mail import BATCH, MAX_ATTEMPTS, send_due
from apps.notifications.models import Delivery
from apps.notifications.tasks import send_due_mail
from tests.factories.organizations import make_person

from .cases import CHINESE, ENGLISH, tell

pytestmark = pytest.mark.django_db
State = Delivery.MailState


class Refusing(EmailBackend):
    """Refuses the addresses in ``bad`` as a server does, and those in ``odd`` as a library does."""

    bad: set[str] = set()
    odd: set[str] = set()

    def send_messages(self, messages: Any) -> int:
        for message in messages:
            if message.to[0] in self.bad:
                raise OSError("mailbox unavailable")
            if message.to[0] in self.odd:
                raise ValueError("cannot be encoded")
        return super().send_messages(messages)


class Away(EmailBackend):
    def open(self) -> None:
        raise ConnectionRefusedError


@pytest.fixture
def refusing(settings: Any, monkeypatch: pytest.MonkeyPatch) -> type[Refusing]:
    settings.EMAIL_BACKEND = f"{__name__}.Refusing"
    monkeypatch.setattr(Refusing, "bad", set())
    monkeypatch.setattr(Refusing, "odd", set())
    return Refusing


def states() -> list[str]:
    return sorted(Delivery.objects.values_list("mail_state", flat=True))


def test_mail_goes_to_each_person_once_in_the_own_language(settings: Any) -> None:
    settings.SITE_URL = "https://portal.example"
    english, chinese = make_person("Ada"), make_person("王小明")
    chinese.language = "zh-hans"
    chinese.save()
    tell(english, chinese)
    assert send_due() == 2
    assert send_due() == 0
    by_address = {message.to[0]: message for message in mail.outbox}
    assert set(by_address) == {english.email, chinese.email}
    assert by_address[english.email].subject == ENGLISH
    assert by_address[chinese.email].subject == CHINESE
    assert "Ada," in by_address[english.email].body
    assert "https://portal.example/agreements/" in by_address[english.email].body
    assert states() == [State.SENT, State.SENT]


def test_mail_of_one_delivery_has_the_same_id_each_time() -> None:
    first, second = make_person(), make_person()
    tell(first, second)
    send_due()
    ids = {message.to[0]: message.message()["Message-ID"] for message in mail.outbox}
    assert len(set(ids.values())) == 2
    Delivery.objects.update(mail_state=State.WAITING, mail_at=timezone.now())
    send_due()
    assert {message.to[0]: message.message()["Message-ID"] for message in mail.outbox[2:]} == ids


def test_kind_without_mail_sends_none() -> None:
    tell(make_person(), kind="tests_whispered")
    assert send_due() == 0
    assert states() == [State.NONE]


def test_mail_to_who_was_disabled_meanwhile_is_not_sent() -> None:
    person = make_person()
    tell(person)
    person.is_active = False
    person.save()
    assert send_due() == 0


@pytest.mark.parametrize("kind", ["bad", "odd"])
def test_mail_to_one_bad_address_does_not_stop_the_others(kind: str, refusing: type[Refusing]) -> None:
    people = [make_person() for _person in range(3)]
    getattr(refusing, kind).add(people[1].email)
    tell(*people)
    assert send_due() == 2
    assert states() == [State.SENT, State.SENT, State.WAITING]
    waiting = Delivery.objects.get(mail_state=State.WAITING)
    assert waiting.user == people[1]
    assert waiting.mail_attempts == 1
    assert waiting.mail_at is not None
    assert waiting.mail_at > timezone.now() + timedelta(seconds=30)


def test_mail_that_never_goes_out_is_given_up(refusing: type[Refusing]) -> None:
    person = make_person()
    refusing.bad.add(person.email)
    tell(person)
    for _attempt in range(MAX_ATTEMPTS):
        assert states() == [State.WAITING]
        Delivery.objects.update(mail_at=timezone.now())
        send_due()
    assert states() == [State.FAILED]


def test_mail_waits_while_the_server_is_away_and_costs_no_attempt(settings: Any) -> None:
    tell(make_person())
    settings.EMAIL_BACKEND = f"{__name__}.Away"
    assert send_due() == 0
    delivery = Delivery.objects.get()
    assert (delivery.mail_state, delivery.mail_attempts) == (State.WAITING, 0)
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    Delivery.objects.update(mail_at=timezone.now())
    assert send_due() == 1


def test_mail_with_a_line_break_in_the_text_is_one_line_in_the_subject() -> None:
    tell(make_person(), what="First\nBcc: everyone@example.org\r\n" + "x" * 200)
    assert send_due() == 1
    subject = mail.outbox[0].message()["Subject"]
    assert "\n" not in mail.outbox[0].subject
    assert len(mail.outbox[0].subject) == 100
    assert subject
    assert mail.outbox[0].message()["Bcc"] is None


def test_mail_beyond_one_batch_goes_out_in_one_run() -> None:
    tell(*[make_person() for _person in range(BATCH + 3)])
    send_due_mail()
    assert len(mail.outbox) == BATCH + 3


def test_mail_for_which_no_time_is_left_is_due_again_at_once(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter(range(1000))
    monkeypatch.setattr("apps.notifications.mail.monotonic", lambda: float(next(clock)))
    tell(*[make_person() for _person in range(5)])
    assert send_due(seconds=3) == 2
    assert send_due(seconds=100) == 3
    assert len(mail.outbox) == 5


def test_mail_that_was_open_when_its_worker_died_is_sent_again_after_the_lease(settings: Any) -> None:
    class Killed(BaseException):
        pass

    people = [make_person() for _person in range(3)]
    tell(*people)

    class Dying(EmailBackend):
        def send_messages(self, messages: Any) -> int:
            super().send_messages(messages)
            if len(mail.outbox) == 2:
                raise Killed
            return 1

    globals()["Dying"] = Dying
    settings.EMAIL_BACKEND = f"{__name__}.Dying"
    with pytest.raises(Killed):
        send_due()
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    assert send_due() == 0
    Delivery.objects.update(mail_at=timezone.now())
    assert send_due() == 2
    sent = [message.to[0] for message in mail.outbox]
    assert sorted(set(sent)) == sorted(person.email for person in people)
    assert len(sent) == 4


@pytest.mark.django_db(transaction=True)
def test_mail_sent_by_two_workers_at_once_goes_out_once() -> None:
    people = [make_person() for _person in range(30)]
    tell(*people)
    ready = threading.Barrier(2)

    def work() -> None:
        ready.wait(10)
        send_due()
        connection.close()

    workers = [threading.Thread(target=work) for _worker in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sorted(message.to[0] for message in mail.outbox) == sorted(person.email for person in people)


def test_mail_to_files_can_be_read_there(settings: Any, tmp_path: Path) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    settings.EMAIL_FILE_PATH = str(tmp_path)
    person = make_person()
    tell(person)
    send_due()
    (file,) = tmp_path.iterdir()
    assert f"To: {person.email}" in file.read_text()
    send_due()
    assert len(list(tmp_path.iterdir())) == 1
