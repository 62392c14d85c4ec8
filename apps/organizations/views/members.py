"""Pages of the members of the acting organization."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from apps.core.actor import Actor
from apps.core.lists import ActorListView, choice_chips
from apps.core.services import fetch
from apps.core.views import ServiceFormView

from ..filters import MembershipFilter
from ..models import Membership, Role
from ..policies import can_list_members, can_manage_members
from ..services import membership_end


class MemberList(ActorListView):
    """The current members of the acting organization."""

    filterset_class = MembershipFilter
    template_name = "organizations/member_list.html"

    def get_rows(self, actor: Actor) -> QuerySet[Membership]:
        can_list_members(actor).require()
        return Membership.objects.visible_to(actor).current().select_related("user")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        actor = self.request.actor
        return super().get_context_data(
            chips=choice_chips(self.request, "role", Role.choices, _("All")),
            manage=can_manage_members(actor, actor.organization_id),
            **kwargs,
        )


class MemberEnd(ServiceFormView):
    """Asks before it ends a membership."""

    form_class = forms.Form
    submit_label = _("End the membership")
    success_message = _("The membership has ended. The person has lost its rights.")

    def prepare(self) -> None:
        visible = Membership.objects.visible_to(self.actor).select_related("user")
        self.membership = fetch(visible, pk=self.kwargs["pk"])
        can_manage_members(self.actor, self.membership.organization_id).require()

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        back = reverse("organizations:member_list")
        return super().get_context_data(
            **{
                "title": gettext("End the membership of %(name)s?") % {"name": self.membership.user.name},
                "lead": _("The person loses this role and its rights at once. What they did stays on record."),
                "crumbs": [{"label": _("Members"), "url": back}],
                "cancel": back,
                "danger": True,
            }
            | kwargs
        )

    def perform(self, form: forms.Form) -> str:
        membership_end(self.actor, membership_id=self.membership.pk)
        return reverse("organizations:member_list")
