"""The job that signs many agreements for one person."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.core.files import File
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.core.exports import xlsx_file
from apps.jobs.models import JobRun
from apps.jobs.runs import Progress, job_handler
from apps.organizations.principal import actor_of_job

from .services.bulk import KIND, agreements_sign_each
from .services.circuit import Evidence

SHOWN = 200
LABELS = {"signed": gettext_lazy("Signed"), "left": gettext_lazy("Not signed")}


@job_handler(KIND, LABELS, columns=(gettext_lazy("Number"), gettext_lazy("Agreement")))
def sign_many(job: JobRun, progress: Progress) -> dict[str, Any]:
    """Its file lists what was not signed, and why. The person confirmed when they asked; the job forgets how."""
    actor = replace(actor_of_job(job), confirmed=True)
    shown = dict(job.params["versions"])
    evidence = Evidence(**job.params["evidence"])
    found = agreements_sign_each(actor, shown=shown, evidence=evidence, step=progress.step)
    if found.left:
        with xlsx_file(_("Not signed"), [_("Number"), _("Agreement"), _("Reason")], found.left) as file:
            progress.attach(_("not signed") + ".xlsx", File(file))
    actor_of_job(job)
    job.params = {"versions": job.params["versions"]}
    job.save(update_fields=["params"])
    return {"signed": found.signed, "left": len(found.left), "problems": found.left[:SHOWN]}
