"""Every task runs twice without harm: the second run finds nothing to do and changes nothing."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from celery import current_app
from django.apps import apps
from django.conf import settings
from django.core import mail
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils import timezone

from apps.accounts.mail import queue_mail
from apps.accounts.models import QueuedMail
from apps.agreements.models import Agreement
from apps.evaluations.models import EvaluationRound
from apps.jobs.models import OutboxMessage
from apps.jobs.outbox import outbox_relay
from apps.notifications.models import Delivery
from apps.privacy.models import ErasureRequest
from apps.privacy.services import erasure_ask
from tests.factories.agreements import make_in_force
from tests.factories.chain import make_placement, make_student, make_world
from tests.factories.evaluations import make_plan, make_round, make_scheme, make_submitted_sheet
from tests.factories.organizations import actor_as

LONG_AGO = timezone.localdate() - timedelta(days=500)
current_app.loader.import_default_modules()
OWN_TASKS = sorted(name for name in current_app.tasks if not name.startswith("celery."))
READS_ONLY = {"agreements.verify"}
"""Says in the log what is not as it was signed; ``tests/agreements/test_verification.py`` reads it."""
COMMITTED_ONLY = {"jobs.run_due"}
"""Sees what is committed alone, as it works over two connections; ``tests/jobs/test_runs.py`` runs it twice."""


@pytest.fixture
def work(db: None, settings: Any, tmp_path: Path) -> None:
    """Something for every task: mail and messages that wait, messages long done, a round to open and one to close."""
    settings.ANCHOR_DIR = tmp_path
    world = make_world()
    for days in (60, -1):
        agreement = make_in_force(world.school, world.firm)
        ends_on = timezone.localdate() + timedelta(days=days)
        Agreement.objects.filter(pk=agreement.pk).update(starts_on=LONG_AGO, ends_on=ends_on)
    make_placement(world)
    current = make_round(world)
    make_submitted_sheet(current.evaluations.get(side="academic"), 80, 70, 60)
    outbox_relay()
    OutboxMessage.objects.update(done_at=timezone.now() - timedelta(days=400))
    EvaluationRound.objects.update(closes_on=timezone.localdate() - timedelta(days=1))
    make_placement(world)
    make_round(world, scheme=make_scheme(world, title="Second"), first_due_on=timezone.localdate())
    make_plan(world, make_scheme(world, title="Third"))
    long_ago = timezone.now() - timedelta(days=400)
    QueuedMail.objects.create(to="old@example.org", subject="Old", state="sent", sent_at=long_ago)
    queue_mail(to="new@example.org", subject="New", body="Text")
    asked = erasure_ask(actor_as(make_student(world.university)))
    ErasureRequest.objects.filter(pk=asked.pk).update(due_at=timezone.now())
    roster = default_storage.save("roster/old.csv", ContentFile(b"old"))
    os.utime(default_storage.path(roster), (0, 0))


def everything() -> dict[str, list[dict[str, Any]]]:
    """All rows of the portal's own tables, the mail that was sent, the files."""
    own = [model for model in apps.get_models() if model.__module__.startswith("apps.")]
    rows: dict[str, list[Any]] = {model._meta.label: list(model.objects.order_by("pk").values()) for model in own}
    anchors = sorted(path.name for path in Path(settings.ANCHOR_DIR).iterdir())
    return rows | {
        "mail": [message.extra_headers["Message-ID"] for message in mail.outbox],
        "anchors": anchors,
        "files": default_storage.listdir("roster")[1],
    }


def test_every_kind_of_task_is_found() -> None:
    assert {name.split(".")[0] for name in OWN_TASKS} >= {"jobs", "notifications", "evaluations"}


@pytest.mark.parametrize("name", [name for name in OWN_TASKS if name not in COMMITTED_ONLY])
@pytest.mark.usefixtures("work")
def test_task_does_its_work_once_however_often_it_runs(name: str) -> None:
    task = current_app.tasks[name]
    before = everything()
    task.apply(throw=True)
    once = everything()
    assert once != before or name in READS_ONLY, "the task had nothing to do: give it work"
    task.apply(throw=True)
    assert everything() == once


@pytest.mark.usefixtures("work")
def test_there_is_mail_and_a_message_to_carry() -> None:
    assert Delivery.objects.mail_due(timezone.now()).exists()
    assert OutboxMessage.objects.filter(done_at=None).exists()
