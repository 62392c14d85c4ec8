"""Pages of API tokens: an administrator's list of all of the organization, everybody's list of their own."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from apps.core.errors import WrongState
from apps.core.lists import ActorListView
from apps.core.services import fetch, require_confirmed
from apps.core.views import ServiceFormView, add_errors

from ..models import ApiToken, Membership
from ..policies import can_create_tokens, can_revoke_token
from ..tokens import token_create, token_revoke

STANDINGS = {
    "valid": ("success", _("Valid")),
    "expiring": ("warning", _("Expires soon")),
    "expired": ("neutral", _("Expired")),
    "ended": ("neutral", _("Membership ended")),
    "revoked": ("neutral", _("Revoked")),
}


class TokenForm(forms.ModelForm):
    days = forms.TypedChoiceField(
        label=_("Valid for"),
        coerce=int,
        initial=90,
        choices=[(30, _("30 days")), (90, _("90 days")), (365, _("one year"))],
    )

    class Meta:
        model = ApiToken
        fields = ["name", "scope"]
        help_texts = {"name": _("Which program will use it, so that you recognise it later.")}


class TokenList(ActorListView):
    queryset = ApiToken.objects.select_related("membership__user", "membership__organization")
    template_name = "organizations/token_list.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        actor = self.request.actor
        context = super().get_context_data(**kwargs)
        rows = [
            (token, *STANDINGS[token.standing], token.standing in {"valid", "expiring"})
            for token in context["page"].rows
        ]
        return context | {"rows": rows, "creates": can_create_tokens(actor, actor.organization_id)}


class TokenCreate(ServiceFormView):
    """Makes a token for one member. Its secret is in the answer to the form and nowhere else."""

    form_class = TokenForm
    submit_label = _("Make the token")

    def prepare(self) -> None:
        members = Membership.objects.visible_to(self.actor).current().select_related("user")
        self.membership = fetch(members, pk=self.kwargs["pk"])
        can_create_tokens(self.actor, self.membership.organization_id).require()
        require_confirmed(self.actor)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        back = reverse("organizations:token_list")
        names = {"name": self.membership.user.name, "role": self.membership.get_role_display()}
        page = {
            "title": gettext("New API token for %(name)s") % names,
            "lead": gettext(
                "A program with this token sees and does what %(name)s as %(role)s may. What it does counts as theirs."
            )
            % names,
            "crumbs": [{"label": _("API tokens"), "url": back}],
            "cancel": back,
        }
        return super().get_context_data(**page | kwargs)

    def form_valid(self, form: forms.BaseForm) -> HttpResponse:
        try:
            token, secret = token_create(self.actor, membership_id=self.membership.pk, **form.cleaned_data)
        except forms.ValidationError as error:
            add_errors(form, error)
            return self.form_invalid(form)
        crumbs = [{"label": _("API tokens"), "url": reverse("organizations:token_list")}]
        return render(
            self.request, "organizations/token_created.html", {"token": token, "secret": secret, "crumbs": crumbs}
        )


class TokenRevoke(ServiceFormView):
    """Asks before it revokes a token."""

    form_class = forms.Form
    submit_label = _("Revoke the token")
    success_message = _("The token is revoked. Programs that use it are refused from now on.")

    def prepare(self) -> None:
        tokens = ApiToken.objects.visible_to(self.actor).select_related("membership__user")
        self.token = fetch(tokens, pk=self.kwargs["pk"])
        can_revoke_token(self.actor, self.token).require()
        if self.token.revoked_at is not None and self.request.method == "GET":
            raise WrongState(_("This token is revoked already."))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        back = reverse("organizations:token_list")
        page = {
            "title": gettext("Revoke the token “%(name)s”?") % {"name": self.token.name},
            "lead": _("Programs that use it are refused from the next request on. This cannot be undone."),
            "crumbs": [{"label": _("API tokens"), "url": back}],
            "cancel": back,
            "danger": True,
        }
        return super().get_context_data(**page | kwargs)

    def perform(self, form: forms.Form) -> str:
        token_revoke(self.actor, token_id=self.token.pk)
        return reverse("organizations:token_list")
