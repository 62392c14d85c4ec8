"""Logging the day."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.core.actor import Actor
from apps.core.errors import Decision, WrongState
from apps.core.forms import RATING_WORDS
from apps.core.lists import ActorListView
from apps.core.services import fetch
from apps.core.views import ServiceFormView
from apps.organizations.models import Role

from .. import names
from ..filters import ProgressLogFilter
from ..forms import LogEditForm, LogForm
from ..models import Placement, ProgressLog
from ..policies import can_follow, can_log
from ..services import progress_log_record, progress_log_revise
from .placements import OnePlacement

USUAL_HOURS = 8
SUGGESTIONS = 10


class LogList(ActorListView):
    """A tutor's students of today first, then the entries."""

    queryset = ProgressLog.objects.select_related("placement")
    filterset_class = ProgressLogFilter
    template_name = "placements/log_list.html"

    def decide(self, actor: Actor) -> Decision:
        return can_follow(actor)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        actor = self.request.actor
        logs = context["page"].rows
        placement = self._placement(context["filter"])
        first_page = not ({"before", "after"} & self.request.GET.keys())
        is_tutor = actor.role == Role.TUTOR
        today = students_today(actor) if is_tutor and first_page and placement is None else []
        people = names.people.of(pk for log in logs for pk in (log.placement.student_id, log.tutor_id))
        return context | {
            "rows": [
                {
                    "log": log,
                    "student": people[log.placement.student_id],
                    "tutor": people[log.tutor_id],
                    "word": RATING_WORDS[log.rating],
                    "may_edit": _may_edit(actor, log),
                }
                for log in logs
            ],
            "today": today,
            "left": sum(student["log"] is None for student in today),
            "placement": placement,
            "day": timezone.localdate(),
            "is_tutor": is_tutor,
        }

    def _placement(self, filterset: Any) -> Placement | None:
        placement_id = filterset.form.cleaned_data.get("placement") if filterset.is_valid() else None
        if placement_id is None:
            return None
        return fetch(Placement.objects.visible_to(self.request.actor).select_related("student__user"), pk=placement_id)


def _may_edit(actor: Actor, log: ProgressLog) -> bool:
    return log.placement.state == Placement.State.ACTIVE and can_log(actor, log.placement).allowed


def students_today(actor: Actor) -> list[dict[str, Any]]:
    """The enterprise tutor's students of today, those who are not logged yet first; empty for everybody else."""
    day = timezone.localdate()
    placements = list(
        Placement.objects.visible_to(actor)
        .active()
        .filter(enterprise_tutor_id=actor.membership_id, starts_on__lte=day, ends_on__gte=day)
        .with_log_of(day)
    )
    people = names.people.of(placement.student_id for placement in placements)
    positions = names.positions.of(placement.position_id for placement in placements)
    students = [
        {
            "placement": placement,
            "name": people[placement.student_id],
            "position": positions[placement.position_id],
            "log": placement.log_of_day,
        }
        for placement in placements
    ]
    return sorted(students, key=lambda student: (student["log"] is not None, student["name"]))


class LogCreate(OnePlacement):
    form_class = LogForm
    template_name = "placements/log_form.html"
    title = _("Log the day")
    submit_label = _("Save")
    success_message = _("The day is logged.")

    def prepare(self) -> None:
        super().prepare()
        logs = self.placement.logs.order_by("-worked_on")[:SUGGESTIONS]
        self.logs = list(logs) if self.request.method == "GET" else []

    def decide(self, actor: Actor, placement: Placement) -> Decision:
        return can_log(actor, placement)

    def get_initial(self) -> dict[str, Any]:
        day = min(timezone.localdate(), self.placement.ends_on)
        initial = {"worked_on": day, "hours": USUAL_HOURS}
        return initial | {"tasks": self.logs[0].tasks} if self.logs else initial

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        today = timezone.localdate()
        return super().get_context_data(
            day=None,
            stored=None,
            suggestions=dict.fromkeys(log.tasks for log in self.logs),
            logged=next((log for log in self.logs if log.worked_on == today), None),
            cancel=reverse("placements:log_list"),
            **kwargs,
        )

    def perform(self, form: LogForm) -> str:
        progress_log_record(self.actor, placement_id=self.placement.pk, **form.cleaned_data)
        return reverse("placements:log_list")


class LogEdit(ServiceFormView):
    """Correcting an entry. A change by somebody else meanwhile is shown beside what was typed, and nothing is lost."""

    form_class = LogEditForm
    template_name = "placements/log_form.html"
    title = _("Correct the entry")
    submit_label = _("Save")
    success_message = _("The entry is corrected.")
    log: ProgressLog
    stored: ProgressLog | None = None

    def prepare(self) -> None:
        rows = ProgressLog.objects.visible_to(self.actor).select_related("placement__student__user")
        self.log = fetch(rows, pk=self.kwargs["pk"])
        can_log(self.actor, self.log.placement).require()

    def get_initial(self) -> dict[str, Any]:
        log = self.log
        values = {"hours": f"{log.hours.normalize():f}", "tasks": log.tasks, "rating": log.rating, "note": log.note}
        return values | {"version": log.version}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            lead=self.log.placement.student.user.name,
            day=self.log.worked_on,
            stored=self.stored,
            suggestions=[],
            logged=None,
            cancel=reverse("placements:log_list"),
            **kwargs,
        )

    def perform(self, form: LogEditForm) -> str:
        values = dict(form.cleaned_data)
        progress_log_revise(self.actor, log_id=self.log.pk, expected_version=values.pop("version"), **values)
        return reverse("placements:log_list")

    def form_valid(self, form: Any) -> HttpResponse:
        try:
            return super().form_valid(form)
        except WrongState:
            self.stored = fetch(ProgressLog.objects.visible_to(self.actor), pk=self.log.pk)
            if self.stored.version == form.cleaned_data["version"]:
                raise
        data = self.request.POST.copy()
        data["version"] = str(self.stored.version)
        form.data = data
        return self.render_to_response(self.get_context_data(form=form), status=409)
