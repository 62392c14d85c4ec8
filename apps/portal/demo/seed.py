"""Filling an empty database with demo data."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.apps import apps
from django.contrib.auth.models import Group
from django.db import connection, transaction
from tqdm import tqdm

from apps.accounts.models import User
from apps.agreements.services import install_shipped_modes
from apps.core.actor import Actor
from apps.jobs.models import OutboxMessage
from apps.jobs.outbox import outbox_relay
from apps.notifications.models import Delivery
from apps.notifications.services import delivery_mark_read
from apps.organizations.models import Organization
from apps.organizations.regions import regions_load

from ..invariants import require_sound
from . import organizations, privacy, rights, roster, tokens
from .cast import STAFF_EMAIL
from .rows import analyze
from .stage import SYSTEM, Stage
from .story import tell
from .volume import SCALES, fill

UNREAD = 3
COUNTED = [
    "organizations.Organization",
    "accounts.User",
    "agreements.Agreement",
    "bases.Base",
    "bases.Intake",
    "applications.Application",
    "placements.Placement",
    "placements.ProgressLog",
    "placements.Journal",
    "evaluations.Evaluation",
    "evaluations.PlacementResult",
    "notifications.Delivery",
]


class NotEmpty(Exception):
    """The database holds organizations; ``is_demo`` says whether they are those of the demo."""

    def __init__(self, *, is_demo: bool) -> None:
        super().__init__()
        self.is_demo = is_demo


@transaction.atomic
def seed_demo(*, scale: str, seed: int, again: bool = False) -> dict[str, int]:
    """Fill the database, all or nothing, and return how many rows there are of what.

    Always the story, by the services; for a larger scale also ``volume.fill``. What the services want to say is delivered
    at once. Ends with ``require_sound``. ``NotEmpty`` when there are organizations, unless they are the demo's and
    ``again`` allows to throw everything away first.
    """
    # Pending foreign-key checks would be walked through for every row of history that a trigger writes.
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    if Organization.objects.exists():
        is_demo = User.objects.filter(email=STAFF_EMAIL).exists()
        if not (again and is_demo):
            raise NotEmpty(is_demo=is_demo)
        _throw_away()
    regions_load(SYSTEM)
    with _bar("the story", 3) as bar:
        stage = Stage(seed)
        analyze()
        bar.update()
        privacy.play(stage)
        tell(stage)
        organizations.play(stage)
        rights.play(stage)
        tokens.play(stage)
        roster.play(stage)
        analyze()
        bar.update()
        _deliver()
        _read_older(stage)
        bar.update()
    if scale in SCALES:
        fill(SCALES[scale], seed=seed, open_bar=_bar)
        analyze()
        _deliver()
    require_sound()
    return {apps.get_model(name)._meta.label: apps.get_model(name)._default_manager.count() for name in COUNTED}


@contextmanager
def _bar(what: str, total: int) -> Iterator[tqdm]:
    with tqdm(total=total, desc=what, disable=None, dynamic_ncols=True, leave=False) as bar:
        yield bar


def _throw_away() -> None:
    """Empty every table of the portal, and the groups of its roles; what others keep about them goes too."""
    tables = [model._meta.db_table for model in apps.get_models() if model.__module__.startswith("apps.")]
    names = ", ".join(connection.ops.quote_name(table) for table in [*tables, Group._meta.db_table])
    with connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {names} RESTART IDENTITY CASCADE")
    install_shipped_modes()


def _deliver() -> None:
    """Relay the outbox in this process until it is empty."""
    waiting = OutboxMessage.objects.filter(done_at=None)
    with _bar("notifications", waiting.count()) as bar:
        while done := outbox_relay():
            bar.update(done)
    failed = waiting.first()
    if failed is not None:
        raise RuntimeError(f"outbox message {failed.pk} ({failed.topic}) failed: {failed.error}")


def _read_older(stage: Stage) -> None:
    """Everybody of the story has read all but the newest notifications."""
    for user_id in {member.user_id for member in stage.members.values()}:
        actor = Actor(user_id=user_id)
        older = Delivery.objects.visible_to(actor).order_by("-pk").values_list("pk", flat=True)[UNREAD:]
        for pk in list(older):
            delivery_mark_read(actor, delivery_id=pk)
