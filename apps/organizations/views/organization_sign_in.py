"""From an e-mail address to the provider of its organization."""

from __future__ import annotations

from typing import Any

from allauth.account.internal.decorators import login_not_required
from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.providers.openid_connect import views as openid_connect
from django import forms
from django.http import HttpRequest, HttpResponse
from django.utils.decorators import method_decorator
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.generic import FormView

from ..sign_in import answers_for_providers, provider_of_domain

oidc_login = answers_for_providers(openid_connect.login)
oidc_callback = answers_for_providers(openid_connect.callback)


class AddressForm(forms.Form):
    email = forms.EmailField(
        label=_("E-mail address"),
        help_text=_("That of your university or enterprise."),
        widget=forms.EmailInput(attrs={"autocomplete": "username", "autofocus": True}),
    )


@method_decorator(login_not_required, name="dispatch")
@method_decorator(answers_for_providers, name="dispatch")
class OrganizationSignIn(FormView):
    """Says whether the domain has a provider, and nothing about whether the address is known."""

    form_class = AddressForm
    template_name = "organizations/organization_sign_in.html"

    def form_valid(self, form: AddressForm) -> HttpResponse:
        domain = form.cleaned_data["email"].rpartition("@")[2].lower()
        if provider_of_domain(domain) is None:
            form.add_error("email", gettext("For this domain nobody has set up a sign-in. Use your password."))
            return self.form_invalid(form)
        provider = get_adapter(self.request).get_provider(self.request, domain)
        response: HttpResponse = provider.redirect(self.request, process="login", next_url=_next(self.request))
        return response

    def form_invalid(self, form: AddressForm) -> HttpResponse:
        return self.render_to_response(self.get_context_data(form=form), status=422)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(next=_next(self.request) or "", **kwargs)


def _next(request: HttpRequest) -> str | None:
    address = request.POST.get("next") or request.GET.get("next") or ""
    allowed = {request.get_host()}
    return address if url_has_allowed_host_and_scheme(address, allowed, require_https=request.is_secure()) else None
