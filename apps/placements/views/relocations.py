"""Pages of students whose place loses its agreement."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext, pgettext_lazy

from apps.applications.models import Application
from apps.core.actor import Actor
from apps.core.errors import Decision
from apps.core.lists import ActorListView, choice_chips
from apps.core.services import fetch
from apps.core.views import ServiceFormView

from ..filters import RelocationFilter
from ..forms import ProposeForm, SettleForm
from ..models import Placement, Relocation
from ..policies import can_relocate, can_settle
from ..services import relocation_settle, relocations_propose

STATES = [("false", _("need another base")), ("true", pgettext_lazy("students", "settled"))]
NAMES = (
    "agreement",
    "student__user",
    "university",
    "host",
    "application__intake__base",
    "application__placement",
    "followed_by__base",
)


@dataclass(frozen=True, slots=True)
class Step:
    """How far somebody is on the way to another base, and the page that shows it."""

    text: str | Promise
    tone: str
    url: str = ""
    detail: str = ""


class RelocationList(ActorListView):
    queryset = Relocation.objects.all()
    filterset_class = RelocationFilter
    template_name = "placements/relocation_list.html"

    def decide(self, actor: Actor) -> Decision:
        return can_relocate(actor)

    def get_rows(self, actor: Actor) -> QuerySet[Relocation]:
        return super().get_rows(actor).select_related(*NAMES)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        actor = self.request.actor
        rows = context["page"].rows
        ways = _ways([row for row in rows if row.settled_at is None])
        return context | {
            "rows": [
                {
                    "row": row,
                    "lost": _lost(row),
                    "step": _step(row, ways),
                    "settle": row.settled_at is None and can_settle(actor, row).allowed,
                }
                for row in rows
            ],
            "chips": choice_chips(self.request, "settled", STATES, _("All")),
            "open": Relocation.objects.visible_to(actor).open().filter(university_id=actor.organization_id).count(),
        }


def _lost(row: Relocation) -> str:
    """The page of what is lost: the placement, or as long as there is none the application."""
    placement = getattr(row.application, "placement", None)
    if placement is not None:
        return reverse("placements:placement_detail", args=[placement.pk])
    return reverse("applications:application_detail", args=[row.application_id])


def _ways(rows: list[Relocation]) -> dict[int, Application]:
    """The newest live application of each of these students at a base whose agreement stands."""
    found = Application.objects.live().filter(student__in=[row.student_id for row in rows], relocation=None)
    # A dictionary keeps the last one, which is the newest.
    return {one.student_id: one for one in found.select_related("intake__base", "placement").order_by("pk")}


def _step(row: Relocation, ways: dict[int, Application]) -> Step:
    if row.followed_by is not None:
        url = reverse("placements:placement_detail", args=[row.followed_by.pk])
        return Step(_("works at another base"), "success", url, str(row.followed_by.base))
    if row.settled_at is not None:
        return Step(_("needs no other base"), "neutral", "", row.reason)
    way = ways.get(row.student_id)
    if way is None:
        return Step(_("no other base yet"), "danger")
    base, placement = str(way.intake.base), getattr(way, "placement", None)
    if placement is not None and placement.state in Placement.UNDER_WAY:
        url = reverse("placements:placement_detail", args=[placement.pk])
        return Step(_("placement is being prepared"), "info", url, base)
    url = reverse("applications:application_detail", args=[way.pk])
    if way.state == Application.State.ACCEPTED:
        return Step(_("has a place"), "info", url, base)
    return Step(_("has applied"), "warning", url, base)


class RelocationsPropose(ServiceFormView):
    form_class = ProposeForm
    title = _("Find places at other bases")
    submit_label = _("Apply for these students")

    def prepare(self) -> None:
        can_relocate(self.actor).require()

    def get_initial(self) -> dict[str, Any]:
        """With ``?row=``: these students."""
        return {"students": [pk for pk in self.request.GET.getlist("row") if pk.isascii() and pk.isdecimal()]}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        crumbs = [{"label": _("Students who need another base"), "url": reverse("placements:relocation_list")}]
        lead = _(
            "Their university applies for them; they are told and can withdraw. The host decides as on any application."
        )
        return super().get_context_data(crumbs=crumbs, lead=lead, cancel=crumbs[0]["url"], **kwargs)

    def perform(self, form: ProposeForm) -> str:
        values = form.cleaned_data
        count = relocations_propose(
            self.actor,
            relocation_ids=[row.pk for row in values["students"]],
            position_id=values["position"].pk,
            statement=values["statement"],
        )
        text = ngettext("Applied for %(count)d student.", "Applied for %(count)d students.", count)
        messages.success(self.request, text % {"count": count})
        return reverse("placements:relocation_list")


class RelocationSettle(ServiceFormView):
    form_class = SettleForm
    title = _("No other base is needed")
    submit_label = _("Take off the list")
    success_message = _("The student is off the list.")
    row: Relocation

    def prepare(self) -> None:
        rows = Relocation.objects.visible_to(self.actor).select_related(*NAMES)
        self.row = fetch(rows, pk=self.kwargs["pk"])
        can_settle(self.actor, self.row).require()

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        crumbs = [{"label": _("Students who need another base"), "url": reverse("placements:relocation_list")}]
        lead = f"{self.row.student.user.name} · {self.row.application.intake.base}"
        return super().get_context_data(crumbs=crumbs, lead=lead, cancel=crumbs[0]["url"], **kwargs)

    def perform(self, form: SettleForm) -> str:
        relocation_settle(self.actor, relocation_id=self.row.pk, reason=form.cleaned_data["reason"])
        return reverse("placements:relocation_list")
