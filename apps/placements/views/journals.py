"""The student's week and the tutors' answers."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from apps.core.actor import Actor
from apps.core.errors import Decision
from apps.core.lists import ActorListView, choice_chips
from apps.core.services import fetch
from apps.core.views import PortalRequest, ServiceFormView
from apps.organizations.models import Role

from .. import names
from ..filters import JournalFilter
from ..forms import AnswerForm, JournalForm
from ..models import Journal, Placement, monday_of
from ..policies import can_answer, can_follow, can_write_journal
from ..services import journal_answer, journal_submit
from .placements import OnePlacement

WEEKS_OFFERED = 8


class JournalList(ActorListView):
    queryset = Journal.objects.select_related("placement").with_answered()
    filterset_class = JournalFilter
    template_name = "placements/journal_list.html"

    def decide(self, actor: Actor) -> Decision:
        return can_follow(actor)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        actor = self.request.actor
        journals = context["page"].rows
        people = names.people.of(journal.placement.student_id for journal in journals)
        choices = [("false", _("waiting for an answer")), ("true", _("answered"))]
        is_student = actor.role == Role.STUDENT
        return context | {
            "rows": [(journal, people[journal.placement.student_id]) for journal in journals],
            "chips": choice_chips(self.request, "answered", choices, _("All")),
            "is_student": is_student,
            "unwritten": _unwritten(actor) if is_student else None,
        }


def _unwritten(actor: Actor) -> Placement | None:
    """The student's active placement whose journal of this week is not written yet."""
    week = monday_of(timezone.localdate())
    written = Journal.objects.filter(week_of=week).values("placement")
    return Placement.objects.visible_to(actor).active().exclude(pk__in=written).select_related("base").first()


@require_safe
def journal_detail(request: PortalRequest, pk: int) -> HttpResponse:
    """The week, the answers, and room for the tutor's own."""
    journal = fetch(_readable(request.actor), pk=pk)
    return render(request, "placements/journal_detail.html", _page(request.actor, journal, AnswerForm()))


def _readable(actor: Actor) -> Any:
    return (
        Journal.objects.visible_to(actor)
        .select_related("placement__student__user", "placement__base")
        .prefetch_related("answers__tutor__user", "answers__tutor__organization")
    )


def _page(actor: Actor, journal: Journal, form: AnswerForm) -> dict[str, Any]:
    answers = list(journal.answers.all())
    answered = any(answer.tutor_id == actor.membership_id for answer in answers)
    return {
        "journal": journal,
        "last_day": journal.week_of + timedelta(days=6),
        "answers": answers,
        "form": form if can_answer(actor, journal.placement) and not answered else None,
    }


class JournalCreate(OnePlacement):
    form_class = JournalForm
    title = _("Write the journal of the week")
    submit_label = _("Hand in")
    success_message = _("Your journal is handed in. Both tutors are told.")

    def prepare(self) -> None:
        super().prepare()
        self.mondays = unwritten_weeks(self.placement)

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not self.mondays:
            messages.info(request, _("The journals of all weeks so far are written."))
            return redirect("placements:journal_list")
        return super().get(request, *args, **kwargs)

    def decide(self, actor: Actor, placement: Placement) -> Decision:
        return can_write_journal(actor, placement)

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"mondays": self.mondays}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        lead = _("What you type is kept on this device until you hand it in.")
        return super().get_context_data(**{"lead": lead, "cancel": reverse("placements:journal_list")} | kwargs)

    def perform(self, form: JournalForm) -> str:
        journal = journal_submit(self.actor, placement_id=self.placement.pk, **form.cleaned_data)
        return reverse("placements:journal_detail", args=[journal.pk])


def unwritten_weeks(placement: Placement) -> list[date]:
    """Mondays of the weeks up to now that have no journal yet, the newest first."""
    last = monday_of(min(timezone.localdate(), placement.ends_on))
    weeks = [last - timedelta(weeks=back) for back in range(WEEKS_OFFERED)]
    written = set(placement.journals.filter(week_of__in=weeks).values_list("week_of", flat=True))
    first = monday_of(placement.starts_on)
    return [monday for monday in weeks if monday >= first and monday not in written]


class JournalAnswerCreate(ServiceFormView):
    form_class = AnswerForm
    template_name = "placements/journal_detail.html"
    success_message = _("Your answer is sent. The student is told.")
    journal: Journal

    def prepare(self) -> None:
        self.journal = fetch(_readable(self.actor), pk=self.kwargs["pk"])
        can_answer(self.actor, self.journal.placement).require()

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        return context | _page(self.actor, self.journal, context["form"])

    def perform(self, form: AnswerForm) -> str:
        journal_answer(self.actor, journal_id=self.journal.pk, text=form.cleaned_data["text"])
        return reverse("placements:journal_detail", args=[self.journal.pk])
