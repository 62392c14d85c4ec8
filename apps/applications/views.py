"""Pages of applications."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from apps.audit.history import history_of
from apps.bases.models import Position
from apps.core.actor import Actor
from apps.core.lists import ActorListView, choice_chips
from apps.core.services import fetch
from apps.core.views import PortalRequest, ServiceFormView
from apps.organizations.models import Role

from .events import application_shown
from .filters import ApplicationFilter
from .forms import ApplicationForm, RejectForm
from .models import Application
from .policies import can_apply, can_read_statement, can_review, can_see_applications, can_withdraw
from .services import application_accept, application_reject, application_submit, application_withdraw

State = Application.State
NEXT_FOR_STUDENT: dict[str, Promise] = {
    State.SUBMITTED: _("The base decides. You are told as soon as it has."),
    State.ACCEPTED: _("You have the place. Your university now arranges the placement and names your tutor."),
    State.REJECTED: _("Read the reason, and apply for another position."),
    State.WITHDRAWN: _("You took it back. While the intake is open you can apply again."),
}
NEXT_FOR_OTHERS: dict[str, Promise] = {
    State.SUBMITTED: _("The host accepts or rejects it."),
    State.ACCEPTED: _("The university arranges the placement."),
    State.REJECTED: _("Nothing more happens. The student was told the reason."),
    State.WITHDRAWN: _("Nothing more happens. The student took it back."),
}


def next_step(actor: Actor, application: Application) -> Promise:
    """What happens next, said to the actor."""
    return (NEXT_FOR_STUDENT if actor.role == Role.STUDENT else NEXT_FOR_OTHERS)[application.state]


class ApplicationList(ActorListView):
    queryset = Application.objects.select_related("student__user", "position", "intake__base", "host", "university")
    filterset_class = ApplicationFilter
    template_name = "applications/application_list.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        actor = self.request.actor
        can_see_applications(actor).require()
        context = super().get_context_data(
            chips=choice_chips(self.request, "state", State.choices, _("All")),
            student=actor.role == Role.STUDENT,
            **kwargs,
        )
        return context | {"rows": [(row, next_step(actor, row)) for row in context["page"].rows]}


@require_safe
def application_detail(request: PortalRequest, pk: int) -> HttpResponse:
    """The application, what happens next, and what the actor can do."""
    actor = request.actor
    application = fetch(
        Application.objects.visible_to(actor)
        .with_profile_shown()
        .select_related("student__user", "position", "intake__base", "host", "university"),
        pk=pk,
    )
    submitted = application.state == State.SUBMITTED
    return render(
        request,
        "applications/application_detail.html",
        {
            "application": application,
            "next_step": next_step(actor, application),
            "statement": can_read_statement(actor, application),
            "review": can_review(actor, application) if submitted else None,
            "withdraw": can_withdraw(actor, application) if submitted or application.state == State.ACCEPTED else None,
            "acts": [act for _r, act in application_shown.send(Application, request=request, application=application)],
            "history": history_of(application),
            "crumbs": [
                {"label": _("Applications"), "url": reverse("applications:application_list")},
                {"label": application.intake.title, "url": _intake_url(application.intake_id)},
            ],
        },
    )


def _intake_url(intake_id: int) -> str:
    return reverse("bases:intake_detail", args=[intake_id])


class ApplicationCreate(ServiceFormView):
    """Sending it asks nothing before the one statement that decides."""

    form_class = ApplicationForm
    title = _("Apply for a place")
    submit_label = _("Send the application")

    def prepare(self) -> None:
        if self.request.method != "POST":
            self.position = self._fetch_position()
            can_apply(self.actor).require()

    def _fetch_position(self) -> Position:
        positions = Position.objects.visible_to(self.actor).select_related("intake__base")
        return fetch(positions, pk=self.kwargs["pk"])

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        position = self.position if self.request.method != "POST" else self._fetch_position()
        intake, url = position.intake, _intake_url(position.intake_id)
        crumbs = [{"label": _("Intakes"), "url": reverse("bases:intake_list")}, {"label": intake.title, "url": url}]
        lead = f"{position.title} · {intake.base}"
        return super().get_context_data(lead=lead, crumbs=crumbs, cancel=url, **kwargs)

    def perform(self, form: ApplicationForm) -> str:
        application = application_submit(self.actor, position_id=self.kwargs["pk"], **form.cleaned_data)
        messages.success(self.request, str(NEXT_FOR_STUDENT[application.state]))
        return _detail_url(application)


def _detail_url(application: Application) -> str:
    return reverse("applications:application_detail", args=[application.pk])


@require_POST
def application_accept_act(request: PortalRequest, pk: int) -> HttpResponse:
    application_accept(request.actor, application_id=pk)
    messages.success(request, _("The student has the place. Student and university are told."))
    return redirect("applications:application_detail", pk=pk)


class ApplicationReject(ServiceFormView):
    form_class = RejectForm
    title = _("Reject the application")
    submit_label = _("Reject")
    success_message = _("The application is rejected. The student is told.")

    def prepare(self) -> None:
        rows = Application.objects.visible_to(self.actor).select_related("student__user", "position")
        self.application = fetch(rows, pk=self.kwargs["pk"])
        can_review(self.actor, self.application).require()

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        url = _detail_url(self.application)
        lead = f"{self.application.student} · {self.application.position}"
        crumbs = [{"label": _("Applications"), "url": reverse("applications:application_list")}]
        return super().get_context_data(danger=True, lead=lead, crumbs=crumbs, cancel=url, **kwargs)

    def perform(self, form: RejectForm) -> str:
        return _detail_url(application_reject(self.actor, application_id=self.application.pk, **form.cleaned_data))


@require_POST
def application_withdraw_act(request: PortalRequest, pk: int) -> HttpResponse:
    application_withdraw(request.actor, application_id=pk)
    messages.success(request, _("The application is withdrawn."))
    return redirect("applications:application_detail", pk=pk)
