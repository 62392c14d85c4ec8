"""The jobs of a roster import."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.core.files import File
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.core.exports import xlsx_file
from apps.jobs.models import JobRun
from apps.jobs.runs import Progress, job_handler
from apps.organizations.principal import actor_of_job

from .models import RosterImport
from .services.imports import CHECK, COMMIT, Result, heading_of, roster_check, roster_commit

SHOWN = 200
LABELS = {
    "rows": gettext_lazy("Rows"),
    "created": gettext_lazy("new"),
    "changed": gettext_lazy("changed"),
    "unchanged": gettext_lazy("unchanged"),
}


@job_handler(CHECK, {**LABELS, "errors": gettext_lazy("Errors"), "bad_rows": gettext_lazy("Rows with errors")})
def check(job: JobRun, progress: Progress) -> dict[str, Any]:
    """The dry run. Its file lists every error by row and column."""
    actor = actor_of_job(job)
    summary, problems = roster_check(
        actor, import_id=job.params["import"], version=job.params["version"], step=progress.step
    )
    roster = RosterImport.objects.get(pk=job.params["import"])
    named = [(row, heading_of(roster, field), text) for row, field, text in problems]
    if named:
        with xlsx_file(_("Errors"), [_("Row"), _("Column"), _("What is wrong")], named) as file:
            progress.attach(_("errors") + ".xlsx", File(file))
    actor_of_job(job)
    return summary | {"problems": named[:SHOWN], "more": max(0, summary["errors"] - SHOWN)}


@job_handler(COMMIT, LABELS)
def commit(job: JobRun, progress: Progress) -> dict[str, Any]:
    """All of it or nothing. Its file says of every row what was done."""
    words = {name: str(LABELS[name]) for name in ("created", "changed", "unchanged")}

    def deliver(results: Iterable[Result]) -> None:
        rows = ((row, number, name, words[outcome]) for row, number, name, outcome in results)
        with xlsx_file(_("Result"), [_("Row"), _("Number"), _("Name"), _("Result")], rows) as file:
            progress.attach(_("result") + ".xlsx", File(file))

    asked = job.params
    summary = roster_commit(
        actor_of_job(job), import_id=asked["import"], version=asked["version"], step=progress.step, deliver=deliver
    )
    actor_of_job(job)
    return {name: summary[name] for name in ("rows", "created", "changed", "unchanged")}
