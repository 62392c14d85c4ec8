"""Where the people of an organization sign in: set by its administrators, taken into use by platform staff."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from apps.core.actor import Actor
from apps.core.lists import ActorListView
from apps.core.services import fetch
from apps.core.views import PortalRequest, ServiceFormView

from ..models import IdentityProvider
from ..policies import can_activate_provider, can_list_providers, can_manage_members
from ..services.identity_providers import (
    identity_provider_activate,
    identity_provider_deactivate,
    identity_provider_set,
)

LIST = "organizations:identity_provider_list"


class IdentityProviderList(ActorListView):
    """Those of the acting organization; all of them to platform staff."""

    template_name = "organizations/identity_provider_list.html"

    def get_rows(self, actor: Actor) -> QuerySet[IdentityProvider]:
        can_list_providers(actor).require()
        return IdentityProvider.objects.visible_to(actor).select_related("organization")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        actor = self.request.actor
        return super().get_context_data(
            manage=can_manage_members(actor, actor.organization_id), activate=can_activate_provider(actor), **kwargs
        )


class IdentityProviderForm(forms.ModelForm):
    issuer = forms.URLField(
        label=_("Issuer"),
        assume_scheme="https",
        help_text=_("The address under which /.well-known/openid-configuration is found."),
    )
    client_secret = forms.CharField(
        label=_("Client secret"),
        max_length=500,
        required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        help_text=_("Leave it empty to keep the one that is stored. Nobody can read it here."),
    )

    class Meta:
        model = IdentityProvider
        fields = ["domain", "issuer", "client_id", "default_role"]

    def _post_clean(self) -> None:
        """The service validates: it alone knows the row."""


class IdentityProviderCreate(ServiceFormView):
    form_class = IdentityProviderForm
    title: Any = _("Sign-in through your organization")
    submit_label = _("Save")
    success_message: Any = _("Saved. Platform staff will check that the domain is yours and take it into use.")

    def prepare(self) -> None:
        can_manage_members(self.actor, self.actor.organization_id).require()

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        callback = self.request.build_absolute_uri(reverse("openid_connect_callback", args=["DOMAIN"]))
        lead = gettext("Register the portal at your OpenID Connect provider with this redirect address: %(url)s")
        back = reverse(LIST)
        return super().get_context_data(
            lead=lead % {"url": callback},
            crumbs=[{"label": _("Identity providers"), "url": back}],
            cancel=back,
            **kwargs,
        )

    def perform(self, form: forms.Form) -> str:
        identity_provider_set(self.actor, organization_id=self.actor.organization_id, **form.cleaned_data)
        return reverse(LIST)


class IdentityProviderEdit(IdentityProviderCreate):
    success_message = _("Saved.")

    def prepare(self) -> None:
        own = IdentityProvider.objects.visible_to(self.actor).filter(organization_id=self.actor.organization_id)
        self.provider = fetch(own, pk=self.kwargs["pk"])
        can_manage_members(self.actor, self.provider.organization_id).require()

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"instance": self.provider}

    def get_form(self, form_class: Any = None) -> Any:
        form = super().get_form(form_class)
        form.fields["domain"].disabled = True
        return form


@require_POST
def identity_provider_activate_act(request: PortalRequest, pk: int) -> HttpResponse:
    identity_provider_activate(request.actor, provider_id=pk)
    messages.success(request, gettext("People with addresses of this domain sign in there from now on."))
    return redirect(LIST)


@require_POST
def identity_provider_deactivate_act(request: PortalRequest, pk: int) -> HttpResponse:
    identity_provider_deactivate(request.actor, provider_id=pk)
    messages.success(request, gettext("Nobody signs in through this provider any more."))
    return redirect(LIST)
