"""A copy of one's own data is asked for here."""

from __future__ import annotations

from apps.accounts.models import User
from apps.core.actor import Actor
from apps.core.errors import NotFound
from apps.core.services import fetch, service
from apps.jobs.models import JobRun
from apps.jobs.services import job_start

from ..copies import KIND, title
from ..policies import can_copy


@service
def copy_ask(actor: Actor, *, person_id: int, back_url: str = "") -> JobRun:
    """A worker writes the archive; a repeat while one is being written returns that.

    ``NotFound`` but for the person, or the proven guardian of a minor. Pages ask for the password again before.
    """
    person = fetch(User.objects.filter(erased_at=None), pk=person_id)
    if not can_copy(actor, person):
        raise NotFound
    present = JobRun.objects.visible_to(actor).unfinished().filter(kind=KIND, params={"person": person_id}).first()
    if present is not None:
        return present
    return job_start(actor, kind=KIND, title=title(), params={"person": person_id}, back_url=back_url)
