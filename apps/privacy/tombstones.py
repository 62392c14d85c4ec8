"""The list of the erased, outside the database: after an older backup was restored it says whom to erase again.

A line names a person by number and by the moment they joined, so that somebody who got the same number later is safe. The file
is part of the backup, and newer than the database it is read against.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from django.conf import settings

from apps.accounts.models import User
from apps.jobs.outbox import outbox_handler

TOPIC = "privacy.entomb"


def _path() -> Path:
    return Path(settings.ERASURE_LIST)


@outbox_handler(TOPIC)
def entomb(message: dict[str, int]) -> None:
    """Write the person to the list; a repeat adds nothing."""
    person = User.objects.get(pk=message["person"])
    if (person.pk, person.date_joined) in set(entombed()):
        return
    _path().parent.mkdir(parents=True, exist_ok=True)
    with _path().open("a", encoding="utf-8") as file:
        file.write(json.dumps({"person": person.pk, "joined": person.date_joined.isoformat()}) + "\n")


def entombed() -> Iterator[tuple[int, datetime]]:
    """Number and moment of joining of everybody on the list."""
    if not _path().exists():
        return
    with _path().open(encoding="utf-8") as file:
        for line in file:
            entry = json.loads(line)
            yield entry["person"], datetime.fromisoformat(entry["joined"])


def to_erase_again() -> list[User]:
    """Those on the list whom the database holds un-erased."""
    found = []
    for pk, joined in entombed():
        person = User.objects.filter(pk=pk, date_joined=joined, erased_at=None).first()
        if person is not None:
            found.append(person)
    return found
