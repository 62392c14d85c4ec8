"""The job that makes the tri-party agreements of an intake."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.core.files import File
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.core.exports import xlsx_file
from apps.jobs.models import JobRun
from apps.jobs.runs import Progress, job_handler
from apps.organizations.principal import actor_of_job

from .services.agreements import KIND, intake_agreements_make

SHOWN = 200
LABELS = {
    "made": gettext_lazy("Made and submitted"),
    "present": gettext_lazy("there already"),
    "skipped": gettext_lazy("Left out"),
}


@job_handler(KIND, LABELS, columns=(gettext_lazy("Number"), gettext_lazy("Student")))
def make_agreements(job: JobRun, progress: Progress) -> dict[str, Any]:
    """Whoever can have an agreement gets one; its file lists those who cannot, and why."""
    asked = job.params
    not_before = date.fromisoformat(asked["not_before"]) if asked["not_before"] else None
    found = intake_agreements_make(
        actor_of_job(job), intake_id=asked["intake"], not_before=not_before, step=progress.step
    )
    if found.skipped:
        with xlsx_file(_("Left out"), [_("Number"), _("Student"), _("Reason")], found.skipped) as file:
            progress.attach(_("left out") + ".xlsx", File(file))
    actor_of_job(job)
    return {
        "made": found.made,
        "present": found.present,
        "skipped": len(found.skipped),
        "problems": found.skipped[:SHOWN],
    }
