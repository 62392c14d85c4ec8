"""Pages of jobs."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST, require_safe

from apps.core.errors import Decision
from apps.core.lists import ActorListView, choice_chips
from apps.core.services import fetch
from apps.core.uploads import attachment
from apps.core.views import PortalRequest

from .filters import JobRunFilter
from .models import JobRun
from .runs import columns_of, labels_of
from .services import job_cancel

SHOWN_PROBLEMS = 100


class RunList(ActorListView):
    """What the person has asked for, newest first."""

    queryset = JobRun.objects.all()
    filterset_class = JobRunFilter
    template_name = "jobs/run_list.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        chips = choice_chips(self.request, "state", JobRun.State.choices, gettext_lazy("All"))
        return super().get_context_data(chips=chips, **kwargs)


@require_safe
def run_detail(request: PortalRequest, pk: int) -> HttpResponse:
    """How far the job is, and what came of it; asked by htmx, that part alone."""
    job = fetch(JobRun.objects.visible_to(request.actor), pk=pk)
    whole = "jobs/run_detail.html"
    template = "jobs/_run.html" if getattr(request, "htmx", False) else whole
    problems = job.summary.get("problems", [])
    labels = labels_of(job.kind)
    return render(
        request,
        template,
        {
            "job": job,
            "note": _note(job),
            "facts": [(labels[name], value) for name, value in job.summary.items() if name in labels],
            "columns": columns_of(job.kind),
            "problems": problems[:SHOWN_PROBLEMS],
            "more_problems": max(0, len(problems) - SHOWN_PROBLEMS),
            "cancel": Decision(job.cancel_asked_at is None, _("Cancelling has been asked for.")),
        },
    )


def _note(job: JobRun) -> str:
    """What a person who waits wants to know."""
    if job.state == JobRun.State.WAITING:
        if JobRun.objects.unfinished().filter(pk__lt=job.pk).exists():
            return _("Another job is at work. This one begins when it has ended.")
        return _("It begins within seconds.")
    if job.state != JobRun.State.RUNNING:
        return ""
    if job.cancel_asked_at is not None:
        return _("It stops at the next step. Nothing will be changed.")
    seconds = _seconds_left(job)
    if seconds is None:
        return ""
    if seconds < 60:
        return _("less than a minute left")
    minutes = round(seconds / 60)
    return ngettext("about %(minutes)d minute left", "about %(minutes)d minutes left", minutes) % {"minutes": minutes}


def _seconds_left(job: JobRun) -> float | None:
    if not job.done or job.started_at is None:
        return None
    spent = (timezone.now() - job.started_at).total_seconds()
    return spent / job.done * (job.total - job.done)


@require_POST
def run_cancel(request: PortalRequest, pk: int) -> HttpResponse:
    job = job_cancel(request.actor, job_id=pk)
    messages.success(request, _("The job is being cancelled."))
    return redirect("jobs:run_detail", job.pk)


@require_safe
def run_file(request: PortalRequest, pk: int) -> HttpResponseBase:
    """The job's file, to who asked for it, while they hold the right that it took."""
    job = fetch(JobRun.objects.visible_to(request.actor), pk=pk)
    return attachment(job.result, job.result_name)
