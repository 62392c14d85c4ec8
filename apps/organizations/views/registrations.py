"""Pages of organizations that ask to be let in."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import FileResponse, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from apps.audit.history import history_of
from apps.core.actor import Actor
from apps.core.errors import Decision, Text
from apps.core.lists import ActorListView, choice_chips
from apps.core.services import fetch
from apps.core.uploads import attachment
from apps.core.views import PortalRequest, ServiceFormView

from ..filters import RegistrationFilter
from ..forms import ReasonForm, RegistrationForm
from ..models import Invitation, Membership, Organization, Registration, Role
from ..numbers import country_name
from ..policies import (
    can_decide_registration,
    can_register,
    can_see_registrations,
    can_withdraw_registration,
    decides_registrations,
)
from ..regions import place_names, regions_matching
from ..services import registration_approve, registration_reject, registration_submit, registration_withdraw

SUGGESTED = 12


class RegistrationList(ActorListView):
    queryset = Registration.objects.select_related("applicant", "region")
    filterset_class = RegistrationFilter
    template_name = "organizations/registration_list.html"

    def decide(self, actor: Actor) -> Decision:
        return can_see_registrations(actor)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            chips=choice_chips(self.request, "state", Registration.State.choices, _("All")),
            decides=decides_registrations(self.request.actor),
            **kwargs,
        )


class RegistrationCreate(ServiceFormView):
    form_class = RegistrationForm
    title = _("Register an organization")
    submit_label = _("Send the registration")
    success_message = _("Your registration is sent. You are told as soon as somebody has decided.")

    def prepare(self) -> None:
        can_register(self.actor).require()
        number = self.request.GET.get("invitation", "")
        mine = Invitation.objects.open().addressed_to(self.actor.user_id).select_related("organization")
        asked = mine.filter(purpose=Invitation.Purpose.ORGANIZATION)
        self.invitation = asked.filter(pk=int(number)).first() if number.isdecimal() and len(number) < 19 else None

    def get_initial(self) -> dict[str, Any]:
        return {"invitation": self.invitation.pk} if self.invitation else {}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        lead: Text = _("Describe your organization. When it is let in, you are its first administrator.")
        if self.invitation:
            lead = _("%(organization)s invited you and decides.") % {"organization": self.invitation.organization}
        return super().get_context_data(lead=lead, cancel=reverse("portal:home"), **kwargs)

    def perform(self, form: RegistrationForm) -> str:
        registration = registration_submit(self.actor, **form.values())
        return reverse("organizations:registration_detail", args=[registration.pk])


@require_safe
def registration_detail(request: PortalRequest, pk: int) -> HttpResponse:
    """To the applicant, how it stands; to who decides, all that is needed for it."""
    actor = request.actor
    rows = Registration.objects.visible_to(actor).select_related(
        "applicant", "region__parent__parent", "invitation__organization", "organization"
    )
    registration = fetch(rows, pk=pk)
    pending = registration.state == Registration.State.PENDING
    decide = can_decide_registration(actor, registration)
    own = registration.applicant_id == actor.user_id
    return render(
        request,
        "organizations/registration_detail.html",
        {
            "registration": registration,
            "place": place_names(registration.region),
            "country": country_name(registration.country),
            "own": own,
            "decide": decide if pending and not own else None,
            "withdraw": can_withdraw_registration(actor, registration) if pending and own else None,
            "finding": _finding(registration) if pending and decide else "",
            "history": history_of(registration),
        },
    )


def _finding(registration: Registration) -> Any:
    """What who decides should know of the number."""
    organization = Organization.objects.filter(code=registration.code).first()
    if organization is None:
        return _("No organization of this number is in the portal: approval creates it.")
    if Membership.objects.filter(organization=organization, role=Role.ADMINISTRATOR, ended_at=None).exists():
        return _("“%(name)s” of this number is in the portal and has an administrator: only rejection is possible.") % {
            "name": organization.name
        }
    return _("“%(name)s” of this number is in the portal and has no administrator: approval hands it over.") % {
        "name": organization.name
    }


@require_safe
def registration_evidence(request: PortalRequest, pk: int) -> FileResponse:
    """The certificate, to save."""
    registration = fetch(Registration.objects.visible_to(request.actor), pk=pk)
    return attachment(registration.evidence, registration.evidence_name)


@require_POST
def registration_approve_act(request: PortalRequest, pk: int) -> HttpResponse:
    registration_approve(request.actor, registration_id=pk)
    messages.success(request, _("The organization is let in. The applicant is its administrator and is told."))
    return redirect("organizations:registration_detail", pk=pk)


@require_POST
def registration_withdraw_act(request: PortalRequest, pk: int) -> HttpResponse:
    registration_withdraw(request.actor, registration_id=pk)
    messages.success(request, _("The registration is withdrawn."))
    return redirect("organizations:registration_detail", pk=pk)


class RegistrationReject(ServiceFormView):
    form_class = ReasonForm
    title = _("Reject the registration")
    submit_label = _("Reject")
    success_message = _("The registration is rejected. The applicant is told why.")

    def prepare(self) -> None:
        rows = Registration.objects.visible_to(self.actor).select_related("invitation")
        self.registration = fetch(rows, pk=self.kwargs["pk"])
        can_decide_registration(self.actor, self.registration).require()

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        crumbs = [
            {"label": _("Registrations"), "url": reverse("organizations:registration_list")},
            {"label": self.registration.name, "url": self.back()},
        ]
        return super().get_context_data(crumbs=crumbs, cancel=self.back(), danger=True, **kwargs)

    def back(self) -> str:
        return reverse("organizations:registration_detail", args=[self.registration.pk])

    def perform(self, form: ReasonForm) -> str:
        registration_reject(self.actor, registration_id=self.registration.pk, reason=form.cleaned_data["reason"])
        return self.back()


@require_safe
def region_search(request: PortalRequest) -> HttpResponse:
    """Suggestions for a field that asks for a region."""
    words = request.GET.get("region", "").replace("\x00", "").strip()
    found = [(region, place_names(region.parent)) for region in regions_matching(words)[:SUGGESTED]] if words else []
    return render(request, "organizations/_region_options.html", {"found": found})
