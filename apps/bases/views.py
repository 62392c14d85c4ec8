"""Pages of bases and intakes."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from apps.agreements.models import Agreement
from apps.audit.history import history_of
from apps.core.actor import Actor
from apps.core.lists import ActorListView, choice_chips
from apps.core.services import fetch
from apps.core.views import PortalRequest, ServiceFormView
from apps.organizations.models import Role

from .events import intake_shown
from .filters import BaseFilter, IntakeFilter
from .forms import BaseForm, BaseTextForm, IntakeForm, PositionForm
from .models import Base, Intake, Position
from .policies import can_create_base, can_manage_base, ready_to_open, takes_applications
from .services import (
    base_create,
    base_revise,
    intake_close,
    intake_draft,
    intake_open,
    intake_revise,
    position_add,
    position_remove,
)


class BaseList(ActorListView):
    queryset = Base.objects.select_related("host", "region")
    filterset_class = BaseFilter
    template_name = "bases/base_list.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            chips=choice_chips(self.request, "kind", Base.Kind.choices, _("All")),
            create=can_create_base(self.request.actor),
            **kwargs,
        )


@require_safe
def base_detail(request: PortalRequest, pk: int) -> HttpResponse:
    """The base, its agreement and partners, and its intakes as the actor sees them."""
    actor = request.actor
    base = fetch(Base.objects.visible_to(actor).select_related("host", "region", "agreement"), pk=pk)
    intakes = Intake.objects.visible_to(actor).filter(base=base).order_by("-pk").prefetch_related("positions")
    return render(
        request,
        "bases/base_detail.html",
        {
            "base": base,
            "partners": base.agreement.organizations.exclude(pk=base.host_id),
            "sees_agreement": Agreement.objects.visible_to(actor).filter(pk=base.agreement_id).exists(),
            "intakes": list(intakes),
            "manage": can_manage_base(actor, base),
            "crumbs": [{"label": _("Bases"), "url": reverse("bases:base_list")}],
        },
    )


class BaseCreate(ServiceFormView):
    form_class = BaseForm
    title = _("Set up a base")
    submit_label = _("Set up the base")
    success_message = _("The base is set up. Draft its first intake now.")

    def prepare(self) -> None:
        can_create_base(self.actor).require()

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        bases = reverse("bases:base_list")
        return super().get_context_data(cancel=bases, crumbs=[{"label": _("Bases"), "url": bases}], **kwargs)

    def perform(self, form: BaseForm) -> str:
        return _base_url(base_create(self.actor, **form.values()))


def _base_url(base: Base) -> str:
    return reverse("bases:base_detail", args=[base.pk])


class OneBase(ServiceFormView):
    """A form about one base."""

    base: Base

    def prepare(self) -> None:
        self.base = fetch(Base.objects.visible_to(self.actor), pk=self.kwargs["pk"])
        can_manage_base(self.actor, self.base).require()

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        url = _base_url(self.base)
        crumbs = [{"label": _("Bases"), "url": reverse("bases:base_list")}, {"label": self.base, "url": url}]
        return super().get_context_data(crumbs=crumbs, cancel=url, **kwargs)


class BaseEdit(OneBase):
    form_class = BaseTextForm
    title = _("Change the base")
    submit_label = _("Save")
    success_message = _("The base is saved.")

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"instance": self.base}

    def perform(self, form: BaseTextForm) -> str:
        return _base_url(base_revise(self.actor, base_id=self.base.pk, **form.cleaned_data))


class IntakeCreate(OneBase):
    form_class = IntakeForm
    title = _("Draft an intake")
    submit_label = _("Save the draft")
    success_message = _("The draft is saved. Add its positions, then open it.")

    def perform(self, form: IntakeForm) -> str:
        return _intake_url(intake_draft(self.actor, base_id=self.base.pk, **form.cleaned_data))


def _intake_url(intake: Intake) -> str:
    return reverse("bases:intake_detail", args=[intake.pk])


class IntakeList(ActorListView):
    """To students first what they can apply for today."""

    queryset = Intake.objects.select_related("base__host").prefetch_related("positions")
    filterset_class = IntakeFilter
    template_name = "bases/intake_list.html"

    def get_rows(self, actor: Actor) -> QuerySet[Intake]:
        rows: QuerySet[Intake] = super().get_rows(actor)
        if actor.role == Role.STUDENT and not self.request.GET.get("state"):
            return rows.filter(pk__in=Intake.objects.taking_applications(timezone.localdate()))
        return rows

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        student = self.request.actor.role == Role.STUDENT
        state = Intake.State
        choices: list[Any] = [(state.CLOSED.value, state.CLOSED.label)] if student else state.choices
        everything = _("You can apply") if student else _("All")
        return super().get_context_data(
            chips=choice_chips(self.request, "state", choices, everything), student=student, **kwargs
        )


@require_safe
def intake_detail(request: PortalRequest, pk: int) -> HttpResponse:
    """The call, its positions with what is free, and what the apps above add to it."""
    actor = request.actor
    intakes = Intake.objects.visible_to(actor).select_related(
        "base__host", "base__agreement__mode", "base__agreement__framework"
    )
    intake = fetch(intakes.prefetch_related("positions"), pk=pk)
    positions = list(intake.positions.all())
    parts: list[Any] = [
        part for _r, part in intake_shown.send(Intake, request=request, intake=intake, positions=positions)
    ]
    manage = can_manage_base(actor, intake.base)
    runs_it = actor.organization_id == intake.base.host_id and actor.role != Role.STUDENT
    acts = {number: act for part in parts for number, act in part.acts.items()}
    return render(
        request,
        "bases/intake_detail.html",
        {
            "intake": intake,
            "positions": [(position, acts.get(position.pk, "")) for position in positions],
            "sections": [part.section for part in parts],
            "takes": takes_applications(intake),
            "manage": manage,
            "opening": ready_to_open(intake, has_positions=bool(positions)) if manage else manage,
            "runs_it": runs_it,
            "is_draft": intake.state == Intake.State.DRAFT,
            "is_open": intake.state == Intake.State.OPEN,
            "history": history_of(intake) if runs_it else [],
            "crumbs": [
                {"label": _("Intakes"), "url": reverse("bases:intake_list")},
                {"label": intake.base, "url": _base_url(intake.base)},
            ],
        },
    )


class OneIntake(ServiceFormView):
    """A form about one intake."""

    intake: Intake

    def prepare(self) -> None:
        self.intake = fetch(Intake.objects.visible_to(self.actor).select_related("base"), pk=self.kwargs["pk"])
        can_manage_base(self.actor, self.intake.base).require()

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        url = _intake_url(self.intake)
        crumbs = [
            {"label": self.intake.base, "url": _base_url(self.intake.base)},
            {"label": self.intake.title, "url": url},
        ]
        return super().get_context_data(crumbs=crumbs, cancel=url, **kwargs)


class IntakeEdit(OneIntake):
    form_class = IntakeForm
    title = _("Change the draft")
    submit_label = _("Save the draft")
    success_message = _("The draft is saved.")

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"instance": self.intake}

    def perform(self, form: IntakeForm) -> str:
        return _intake_url(intake_revise(self.actor, intake_id=self.intake.pk, **form.cleaned_data))


class PositionAdd(OneIntake):
    form_class = PositionForm
    title = _("Add a position")
    submit_label = _("Add the position")
    success_message = _("The position is added.")

    def perform(self, form: PositionForm) -> str:
        position_add(self.actor, intake_id=self.intake.pk, **form.cleaned_data)
        return _intake_url(self.intake)


@require_POST
def position_remove_act(request: PortalRequest, pk: int) -> HttpResponse:
    intake_id = fetch(Position.objects.visible_to(request.actor), pk=pk).intake_id
    position_remove(request.actor, position_id=pk)
    messages.success(request, _("The position is removed."))
    return redirect("bases:intake_detail", pk=intake_id)


@require_POST
def intake_open_act(request: PortalRequest, pk: int) -> HttpResponse:
    intake_open(request.actor, intake_id=pk)
    messages.success(request, _("The intake is open. The students of the partner universities are told."))
    return redirect("bases:intake_detail", pk=pk)


@require_POST
def intake_close_act(request: PortalRequest, pk: int) -> HttpResponse:
    intake_close(request.actor, intake_id=pk)
    messages.success(request, _("The intake takes no more applications."))
    return redirect("bases:intake_detail", pk=pk)
