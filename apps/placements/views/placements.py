"""Pages of placements."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db.models import Count, Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from apps.applications.models import Application
from apps.audit.history import history_of
from apps.core.actor import Actor
from apps.core.errors import Decision, Text
from apps.core.lists import ActorListView, choice_chips
from apps.core.services import fetch
from apps.core.views import PortalRequest, ServiceFormView
from apps.organizations.models import Role

from .. import names
from ..filters import NO_TUTOR, PlacementFilter
from ..forms import AcademicTutorForm, ArrangeForm, BreakOffForm, EnterpriseTutorForm
from ..models import Placement, ProgressLog
from ..policies import (
    can_arrange,
    can_follow,
    can_log,
    can_name_academic_tutor,
    can_name_tutor,
    can_run,
    can_write_journal,
)
from ..services import (
    obstacle_to_start,
    placement_arrange,
    placement_break_off,
    placement_complete,
    placement_name_academic_tutor,
    placement_name_enterprise_tutor,
    placement_start,
)
from ..tri_party import agreement_card

RECENT = 5


class PlacementList(ActorListView):
    queryset = Placement.objects.all()
    filterset_class = PlacementFilter
    template_name = "placements/placement_list.html"

    def decide(self, actor: Actor) -> Decision:
        return can_follow(actor)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        actor = self.request.actor
        return context | {
            "rows": _named(context["page"].rows),
            "chips": _chips(self.request),
            "is_student": actor.role == Role.STUDENT,
            "arranges": actor.may("manage_placements"),
        }


def _chips(request: HttpRequest) -> list[dict[str, Any]]:
    chips = choice_chips(request, "state", Placement.State.choices, _("All"))
    return [*chips, *choice_chips(request, "tutor", [(NO_TUTOR, _("without enterprise tutor"))], "")[1:]]


def _named(placements: list[Placement]) -> list[dict[str, Any]]:
    """The placements with names and logged hours: at most five statements, and no join to plan."""
    people = names.people.of(
        pk for row in placements for pk in (row.student_id, row.academic_tutor_id, row.enterprise_tutor_id)
    )
    organizations = names.organizations.of(pk for row in placements for pk in (row.university_id, row.host_id))
    bases = names.bases.of(row.base_id for row in placements)
    positions = names.positions.of(row.position_id for row in placements)
    logs = ProgressLog.objects.filter(placement__in=[row.pk for row in placements]).order_by()
    hours = dict(logs.values_list("placement").annotate(Sum("hours")))
    return [
        {
            "placement": row,
            "student": people[row.student_id],
            "university": organizations[row.university_id],
            "host": organizations[row.host_id],
            "base": bases[row.base_id],
            "position": positions[row.position_id],
            "academic_tutor": people[row.academic_tutor_id],
            "enterprise_tutor": people.get(row.enterprise_tutor_id or 0, ""),
            "hours": hours.get(row.pk, 0),
        }
        for row in placements
    ]


@require_safe
def placement_detail(request: PortalRequest, pk: int) -> HttpResponse:
    """Who, where, what next; both tutors; days, journals and history."""
    actor = request.actor
    rows = Placement.objects.visible_to(actor).with_names().select_related("base__agreement", "agreement__mode")
    placement = fetch(rows, pk=pk)
    context = {
        "placement": placement,
        "logged": placement.logs.aggregate(days=Count("pk"), hours=Sum("hours")),
        "logs": placement.logs.order_by("-worked_on")[:RECENT],
        "journals": placement.journals.with_answered().order_by("-week_of")[:RECENT],
        "history": history_of(placement),
        "is_host": actor.organization_id == placement.host_id,
        "is_university": actor.organization_id == placement.university_id,
    }
    context |= {"tri_party": agreement_card(actor, placement)}
    return render(request, "placements/placement_detail.html", context | _acts(actor, placement))


def _acts(actor: Actor, placement: Placement) -> dict[str, Any]:
    """What is next and which acts belong on the page; ``None``: not now, or not the business of this person."""
    state, manages = placement.state, actor.may("manage_placements")
    under_way = state in Placement.UNDER_WAY
    run = can_run(actor, placement)
    obstacle = obstacle_to_start(placement) if state == Placement.State.PREPARING else ""
    return {
        "next_step": _next_step(placement, obstacle),
        "name_tutor": can_name_tutor(actor, placement) if manages and under_way else None,
        "name_academic_tutor": can_name_academic_tutor(actor, placement) if manages and under_way else None,
        "start": _unless(run, obstacle) if manages and state == Placement.State.PREPARING else None,
        "complete": run if manages and state == Placement.State.ACTIVE else None,
        "break_off": run if manages and under_way else None,
        "may_log": state == Placement.State.ACTIVE and can_log(actor, placement).allowed,
        "may_write": state in Placement.WITH_JOURNAL and can_write_journal(actor, placement).allowed,
    }


def _unless(decision: Decision, obstacle: Text) -> Decision:
    return Decision(False, obstacle) if decision and obstacle else decision


def _next_step(placement: Placement, obstacle: Text) -> Text:
    if placement.state == Placement.State.PREPARING:
        if placement.enterprise_tutor_id is None:
            return _now(
                "The host names the enterprise tutor, all sign the tri-party agreement; then the placement can start."
            )
        return obstacle or _now("Everything is ready: the university or the host starts the placement.")
    if placement.state == Placement.State.ACTIVE:
        if placement.ends_on < timezone.localdate():
            return _now("The last day has passed: the university or the host completes the placement.")
        return _now("The enterprise tutor logs each day, the student writes a journal each week, the tutors answer it.")
    return ""


class PlacementArrange(ServiceFormView):
    form_class = ArrangeForm
    title = _("Arrange the placement")
    submit_label = _("Arrange")
    success_message = _("The placement is arranged. The host is asked to name the enterprise tutor.")
    application: Application

    def prepare(self) -> None:
        rows = Application.objects.visible_to(self.actor).select_related("intake__base", "student__user", "position")
        self.application = fetch(rows, pk=self.kwargs["pk"])
        can_arrange(self.actor, self.application).require()

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        present = Placement.objects.visible_to(self.actor).filter(application=self.application).first()
        if present is not None:
            return redirect("placements:placement_detail", pk=present.pk)
        return super().get(request, *args, **kwargs)

    def get_initial(self) -> dict[str, Any]:
        intake = self.application.intake
        return {"starts_on": intake.starts_on, "ends_on": intake.ends_on}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        application = self.application
        lead = f"{application.student} · {application.position} · {application.intake.base}"
        crumbs = [{"label": _("Placements"), "url": reverse("placements:placement_list")}]
        return super().get_context_data(lead=lead, crumbs=crumbs, cancel=crumbs[0]["url"], **kwargs)

    def perform(self, form: ArrangeForm) -> str:
        data = form.cleaned_data
        placement = placement_arrange(
            self.actor,
            application_id=self.application.pk,
            academic_tutor_id=data["academic_tutor"].pk,
            starts_on=data["starts_on"],
            ends_on=data["ends_on"],
        )
        return reverse("placements:placement_detail", args=[placement.pk])


class OnePlacement(ServiceFormView):
    """A form about one placement."""

    placement: Placement

    def prepare(self) -> None:
        rows = Placement.objects.visible_to(self.actor)
        if self.request.method == "GET":
            rows = rows.with_names()  # an act that succeeds shows no names, so it is spared the joins
        self.placement = fetch(rows, pk=self.kwargs["pk"])
        self.decide(self.actor, self.placement).require()

    def decide(self, actor: Actor, placement: Placement) -> Decision:
        return can_run(actor, placement)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        placement = self.placement
        crumbs = [
            {"label": _("Placements"), "url": reverse("placements:placement_list")},
            {"label": placement.student.user.name, "url": self.back()},
        ]
        page = {"lead": f"{placement.student} · {placement.position} · {placement.base}", "cancel": self.back()}
        return super().get_context_data(placement=placement, crumbs=crumbs, **page | kwargs)

    def back(self) -> str:
        return reverse("placements:placement_detail", args=[self.placement.pk])


class PlacementTutor(OnePlacement):
    form_class = EnterpriseTutorForm
    title = _("Name the enterprise tutor")
    submit_label = _("Name the tutor")
    success_message = _("The enterprise tutor is named. Both tutors are told.")

    def decide(self, actor: Actor, placement: Placement) -> Decision:
        return can_name_tutor(actor, placement)

    def get_initial(self) -> dict[str, Any]:
        return {"tutor": self.placement.enterprise_tutor_id}

    def perform(self, form: EnterpriseTutorForm) -> str:
        tutor = form.cleaned_data["tutor"]
        placement_name_enterprise_tutor(self.actor, placement_id=self.placement.pk, tutor_id=tutor.pk)
        return self.back()


class PlacementAcademicTutor(OnePlacement):
    form_class = AcademicTutorForm
    title = _("Change the academic tutor")
    submit_label = _("Change the tutor")
    success_message = _("The academic tutor is named. Both tutors are told.")

    def decide(self, actor: Actor, placement: Placement) -> Decision:
        return can_name_academic_tutor(actor, placement)

    def get_initial(self) -> dict[str, Any]:
        return {"tutor": self.placement.academic_tutor_id}

    def perform(self, form: AcademicTutorForm) -> str:
        tutor = form.cleaned_data["tutor"]
        placement_name_academic_tutor(self.actor, placement_id=self.placement.pk, tutor_id=tutor.pk)
        return self.back()


class PlacementBreakOff(OnePlacement):
    form_class = BreakOffForm
    title = _("Break the placement off")
    submit_label = _("Break off")
    success_message = _("The placement is broken off. Everybody concerned is told.")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(danger=True, **kwargs)

    def perform(self, form: BreakOffForm) -> str:
        placement_break_off(self.actor, placement_id=self.placement.pk, reason=form.cleaned_data["reason"])
        return self.back()


@require_POST
def placement_start_act(request: PortalRequest, pk: int) -> HttpResponse:
    placement_start(request.actor, placement_id=pk)
    messages.success(request, _("The placement has started. The student and both tutors are told."))
    return redirect("placements:placement_detail", pk=pk)


@require_POST
def placement_complete_act(request: PortalRequest, pk: int) -> HttpResponse:
    placement_complete(request.actor, placement_id=pk)
    messages.success(request, _("The placement is completed."))
    return redirect("placements:placement_detail", pk=pk)
