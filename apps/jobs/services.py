"""Jobs are asked for and cancelled here."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from apps.core.actor import Actor
from apps.core.errors import NotAllowed, WrongState
from apps.core.services import fetch_locked, save_valid, service

from .models import JobRun


@service
def job_start(
    actor: Actor, *, kind: str, title: str, params: dict[str, Any], back_url: str = "", permission: str = ""
) -> JobRun:
    """Ask for long work: a worker begins it within seconds of the commit, when no other job is at work.

    ``params``: ids and plain values, no personal data. ``permission``: a codename that the person must hold until the end, to
    see the job and to get its file. A repeat asks once more.
    """
    if not actor.is_person:
        raise NotAllowed(_("Only a person asks for a job."))
    job = JobRun(
        kind=kind,
        title=title,
        params=params,
        requested_by_id=actor.user_id,
        membership_id=actor.membership_id,
        back_url=back_url,
        permission=permission,
    )
    save_valid(job)
    return job


@service
def job_cancel(actor: Actor, *, job_id: int) -> JobRun:
    """A waiting job is cancelled at once, a running one at its next step. A repeat changes nothing.

    ``WrongState`` when the job has ended.
    """
    job = fetch_locked(JobRun.objects.visible_to(actor), pk=job_id)
    if job.state == JobRun.State.CANCELLED:
        return job
    if job.is_finished:
        raise WrongState(_("The job has ended already."))
    if job.cancel_asked_at is None:
        job.cancel_asked_at = timezone.now()
        if job.state == JobRun.State.WAITING:
            job.state, job.finished_at = JobRun.State.CANCELLED, job.cancel_asked_at
        job.save(update_fields=["state", "cancel_asked_at", "finished_at"])
    return job
