"""Pages of invitations: those of who invites, and the one that the mail leads to."""

from __future__ import annotations

from collections import Counter
from typing import Any
from urllib.parse import urlencode

from allauth.account.adapter import get_adapter
from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from apps.core.actor import Actor
from apps.core.errors import Decision, WrongState
from apps.core.lists import ActorListView, choice_chips
from apps.core.services import fetch
from apps.core.views import PortalRequest, ServiceFormView, add_errors

from ..filters import InvitationFilter
from ..forms import InvitationFileForm, InvitationForm
from ..middleware import SESSION_KEY
from ..models import Invitation
from ..policies import can_invite, can_invite_organizations, can_manage_members
from ..services import invitation_accept, invitation_create, invitation_resend, invitation_revoke
from ..services.invitation_files import (
    INVITED,
    MEMBER,
    READY,
    SENT,
    WRONG,
    Finding,
    guests_dump,
    guests_load,
    guests_read,
    invitations_check,
    invitations_send,
)
from ..services.invitations import invitation_of_secret
from .tabs import INVITATIONS, people_tabs

STANDINGS = {
    READY: ("info", _("will be invited")),
    SENT: ("success", _("is invited")),
    INVITED: ("neutral", _("was invited before")),
    MEMBER: ("neutral", _("is a member already")),
    WRONG: ("danger", _("wrong")),
}


class InvitationList(ActorListView):
    queryset = Invitation.objects.select_related("unit")
    filterset_class = InvitationFilter
    template_name = "organizations/invitation_list.html"

    def decide(self, actor: Actor) -> Decision:
        return can_manage_members(actor, actor.organization_id)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            chips=choice_chips(self.request, "state", Invitation.State.choices, _("All")),
            tabs=people_tabs(self.request.actor, INVITATIONS),
            bodies=can_invite_organizations(self.request.actor).allowed,
            **kwargs,
        )


class InvitationCreate(ServiceFormView):
    form_class = InvitationForm
    title = _("Invite somebody")
    lead = _("The address gets a mail with a key that is good for seven days and opens once.")
    submit_label = _("Send the invitation")
    success_message = _("The invitation is on its way.")

    def prepare(self) -> None:
        can_invite(self.actor, Invitation.Purpose.MEMBER).require()

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        back = reverse("organizations:invitation_list")
        page = {"lead": self.lead, "crumbs": [{"label": _("Invitations"), "url": back}], "cancel": back}
        return super().get_context_data(**page | kwargs)

    def perform(self, form: InvitationForm) -> str:
        invitation_create(self.actor, **form.values())
        return reverse("organizations:invitation_list")


class InvitationImport(ServiceFormView):
    """A file of people: first what would become of each row, then the invitations and what became of them."""

    form_class = InvitationFileForm
    template_name = "organizations/invitation_import.html"
    title = _("Invite from a file")
    submit_label = _("Check the file")

    def prepare(self) -> None:
        can_invite(self.actor, Invitation.Purpose.MEMBER).require()

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        back = reverse("organizations:invitation_list")
        page = {"findings": None, "crumbs": [{"label": _("Invitations"), "url": back}], "cancel": back}
        return super().get_context_data(**page | kwargs)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if "rows" not in request.POST:
            return super().post(request, *args, **kwargs)
        return self._report(invitations_send(self.actor, guests=guests_load(request.POST["rows"])), done=True)

    def form_valid(self, form: Any) -> HttpResponse:
        try:
            guests = guests_read(form.cleaned_data["file"])
        except ValidationError as error:
            add_errors(form, error)
            return self.form_invalid(form)
        return self._report(invitations_check(self.actor, guests=guests))

    def _report(self, findings: list[Finding], *, done: bool = False) -> HttpResponse:
        count = Counter(finding.standing for finding in findings)
        return self.render_to_response(
            self.get_context_data(
                form=None,
                findings=[(finding, *STANDINGS[finding.standing]) for finding in findings],
                ready=count[READY],
                sent=count[SENT],
                done=done,
                rows=guests_dump(finding.guest for finding in findings),
            )
        )


@require_POST
def invitation_resend_act(request: PortalRequest, pk: int) -> HttpResponse:
    invitation_resend(request.actor, invitation_id=pk)
    messages.success(request, _("A new mail is on its way. The key of the old one opens nothing any more."))
    return redirect("organizations:invitation_list")


@require_POST
def invitation_revoke_act(request: PortalRequest, pk: int) -> HttpResponse:
    invitation_revoke(request.actor, invitation_id=pk)
    messages.success(request, _("The invitation is revoked. Its key opens nothing any more."))
    return redirect("organizations:invitation_list")


@login_not_required
@require_safe
def invitation_open(request: PortalRequest, secret: str) -> HttpResponse:
    """What the key opens: who invites to what, and the way on for who is signed in, has an account, or has none."""
    invitation = invitation_of_secret(secret)
    person = request.actor.user_id
    context = {
        "invitation": invitation,
        "secret": secret,
        "is_open": invitation.state == Invitation.State.OPEN,
        "signed_in": request.actor.is_person,
        "mine": bool(person) and Invitation.objects.addressed_to(person).filter(pk=invitation.pk).exists(),
        "here": request.path,
    }
    return render(request, "organizations/invitation_open.html", context)


@login_not_required
@require_POST
def invitation_sign_up(request: PortalRequest, secret: str) -> HttpResponse:
    """To the sign-up with the address filled in; the key has shown that it is theirs, so it counts as verified."""
    invitation = invitation_of_secret(secret)
    if invitation.state != Invitation.State.OPEN:
        raise WrongState(_("This invitation is “%(state)s”. Ask for a new one.") % {"state": invitation.state.label})
    get_adapter().stash_verified_email(request, invitation.email)
    back = reverse("organizations:invitation_open", args=[secret])
    return redirect(f"{reverse('account_signup')}?{urlencode({'next': back})}")


class InvitationAccept(ServiceFormView):
    """Accept what is addressed to oneself."""

    form_class = forms.Form
    template_name = "organizations/invitation_accept.html"
    title = _("Accept the invitation")
    submit_label = _("Accept")
    success_message = _("Welcome. You act for this organization now.")

    def prepare(self) -> None:
        mine = Invitation.objects.addressed_to(self.actor.user_id).filter(purpose=Invitation.Purpose.MEMBER)
        self.invitation = fetch(mine.select_related("organization", "unit"), pk=self.kwargs["pk"])

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        is_open = self.invitation.state == Invitation.State.OPEN
        return super().get_context_data(invitation=self.invitation, is_open=is_open, **kwargs)

    def perform(self, form: forms.Form) -> str:
        membership = invitation_accept(self.actor, invitation_id=self.invitation.pk)
        self.request.session[SESSION_KEY] = membership.pk
        return reverse("portal:home")
