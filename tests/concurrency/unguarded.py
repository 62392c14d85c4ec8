"""The portal with the guard of the places removed, as a WSGI application: for the control of ``test_places`` alone.

It reads how many places are taken, pauses, and writes: what the one statement of ``apps.applications.claim`` is there to avoid.
"""

from __future__ import annotations

import time
from typing import Any

from collab_portal.wsgi import application  # isort: skip  # sets Django up, which the models need

from django.db.models import F

from apps.applications import services
from apps.applications.claim import Claim
from apps.applications.models import Application
from apps.bases.models import Position
from apps.core.actor import Actor

PAUSE = 0.05

__all__ = ["application"]


def read_check_write(actor: Actor, *, position_id: int, statement: str, now: Any, today: Any) -> Claim:
    position = Position.objects.select_related("intake__base").get(pk=position_id)
    time.sleep(PAUSE)
    if position.free == 0:
        return Claim(None, False, True)
    written = Application.objects.create(
        position=position,
        intake=position.intake,
        host_id=position.intake.base.host_id,
        university_id=actor.organization_id,
        student_id=actor.membership_id,
        statement=statement,
        state=Application.State.ACCEPTED,
        submitted_at=now,
        decided_at=now,
    )
    Position.objects.filter(pk=position_id).update(taken=F("taken") + 1)
    return Claim(written, True, True)


services.claim = read_check_write
