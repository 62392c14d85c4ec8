"""Pages of the members of the acting organization."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from apps.core.actor import Actor
from apps.core.errors import Decision
from apps.core.lists import ActorListView, choice_chips
from apps.core.services import fetch
from apps.core.views import ServiceFormView

from ..events import open_work_of
from ..filters import MembershipFilter
from ..forms import MemberUnitForm, SuccessorForm
from ..models import Membership, Role
from ..policies import can_end_membership, can_list_members, can_manage_members
from ..services import membership_end, membership_set_unit
from ..services.memberships import successors_of
from .tabs import MEMBERS, people_tabs


class MemberList(ActorListView):
    """The current members of the acting organization."""

    filterset_class = MembershipFilter
    template_name = "organizations/member_list.html"

    def get_rows(self, actor: Actor) -> QuerySet[Membership]:
        can_list_members(actor).require()
        return Membership.objects.visible_to(actor).current().select_related("user", "unit")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        actor = self.request.actor
        return super().get_context_data(
            chips=choice_chips(self.request, "role", Role.choices, _("All")),
            manage=can_manage_members(actor, actor.organization_id),
            tabs=people_tabs(actor, MEMBERS),
            **kwargs,
        )


class OneMember(ServiceFormView):
    """A form about one member."""

    membership: Membership

    def prepare(self) -> None:
        visible = Membership.objects.visible_to(self.actor).select_related("user", "organization")
        self.membership = fetch(visible, pk=self.kwargs["pk"])
        self.decide(self.membership).require()

    def decide(self, membership: Membership) -> Decision:
        return can_manage_members(self.actor, membership.organization_id)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        back = self.back()
        page = {"lead": self.membership.user.name, "crumbs": [{"label": _("Members"), "url": back}], "cancel": back}
        return super().get_context_data(**page | kwargs)

    def back(self) -> str:
        return reverse("organizations:member_list")


class MemberUnit(OneMember):
    form_class = MemberUnitForm
    title = _("Choose the unit")
    submit_label = _("Save")
    success_message = _("The member belongs to this unit now.")

    def get_initial(self) -> dict[str, Any]:
        return {"unit": self.membership.unit_id or ""}

    def perform(self, form: MemberUnitForm) -> str:
        membership_set_unit(self.actor, membership_id=self.membership.pk, unit_id=form.cleaned_data["unit"])
        return self.back()


class MemberEnd(OneMember):
    """Asks before it ends a membership, shows what hangs on it, and asks who takes it over. One's own, too."""

    form_class = SuccessorForm
    template_name = "organizations/member_end.html"

    def prepare(self) -> None:
        super().prepare()
        self.own = self.membership.user_id == self.actor.user_id
        self.work = open_work_of(self.membership)

    def decide(self, membership: Membership) -> Decision:
        return can_end_membership(self.actor, membership)

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"successors": self._successors(), "required": self._is_asked()}

    def _successors(self) -> QuerySet[Membership]:
        if not self._is_asked():
            return Membership.objects.none()
        return successors_of(self.membership).select_related("user").order_by("user__name")

    def _is_asked(self) -> bool:
        """Whether there is something to hand over, by somebody who may say to whom."""
        manages = can_manage_members(self.actor, self.membership.organization_id)
        return self._passes_on() and manages.allowed

    def _passes_on(self) -> bool:
        return any(work.passes_on for work in self.work)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        names = {"name": self.membership.user.name, "organization": self.membership.organization}
        title = _("Leave %(organization)s?") if self.own else _("End the membership of %(name)s?")
        lead = _("The role and its rights are gone at once. What was done stays on record.")
        page = {"title": title % names, "lead": lead, "danger": True, "work": self.work, "passes_on": self._passes_on()}
        page["obstacle"] = next((work.obstacle for work in self.work if work.obstacle), "")
        if self._passes_on() and not self._is_asked():
            page["obstacle"] = _("You have open work. Ask an administrator of your organization to hand it over.")
        page["submit_label"] = _("Leave") if self.own else _("End the membership")
        return super().get_context_data(**page | kwargs)

    def back(self) -> str:
        if self.own:
            return reverse("organizations:organization_detail", args=[self.membership.organization_id])
        return super().back()

    def perform(self, form: SuccessorForm) -> str:
        successor = form.cleaned_data["successor"]
        membership_end(self.actor, membership_id=self.membership.pk, successor_id=successor.pk if successor else None)
        messages.success(self.request, _("The membership has ended."))
        return reverse("portal:home") if self.own else self.back()
