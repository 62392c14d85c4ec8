"""Guardians of a minor; and the one page that a guardian sees."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe
from django.views.generic import FormView

from apps.accounts.models import User
from apps.core.actor import Actor
from apps.core.errors import NotFound
from apps.core.services import fetch
from apps.core.views import PortalRequest, ServiceFormView

from ..ages import FULL_AGE, OWN_CONSENT, is_under
from ..forms import AnswerForm, GuardianForm, PaperConsentForm
from ..models import Consent, LegalGuardian
from ..policies import can_see_guardians, is_in_charge
from ..services import (
    guardian_answer,
    guardian_ask_again,
    guardian_consent_withdraw,
    guardian_end,
    guardian_register,
    paper_consent_record,
)
from ..services.guardians import open_link


def _person(actor: Actor, pk: int) -> User:
    if not can_see_guardians(actor, pk):
        raise NotFound
    return fetch(User.objects.filter(erased_at=None), pk=pk)


def _guardian(actor: Actor, pk: int) -> LegalGuardian:
    """A guardian of somebody whose guardians the actor sees."""
    guardian = fetch(LegalGuardian.objects.select_related("person"), pk=pk)
    _person(actor, guardian.person_id)
    return guardian


def _list_url(person_id: int) -> str:
    return reverse("privacy:guardian_list", args=[person_id])


@require_safe
def guardian_list(request: PortalRequest, pk: int) -> HttpResponse:
    """Who answers for this person, and whether a consent stands."""
    actor = request.actor
    person = _person(actor, pk)
    return render(
        request,
        "privacy/guardian_list.html",
        {
            "person": person,
            "own": person.pk == actor.user_id,
            "in_charge": is_in_charge(actor, person.pk),
            "minor": is_under(FULL_AGE, person.birth_date),
            "child": is_under(OWN_CONSENT, person.birth_date),
            "guardians": LegalGuardian.objects.current().filter(person=person),
            "consent": Consent.objects.standing_for_child(person.pk).select_related("guardian", "text").first(),
        },
    )


class GuardianRegister(ServiceFormView):
    form_class = GuardianForm
    title = gettext_lazy("Register a guardian")
    submit_label = gettext_lazy("Register and send the link")
    success_message = gettext_lazy("The guardian is registered, and the link is on its way.")

    def prepare(self) -> None:
        self.person = _person(self.actor, self.kwargs["pk"])

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        back = _list_url(self.person.pk)
        crumbs = [{"label": _("Guardians"), "url": back}]
        return super().get_context_data(**{"crumbs": crumbs, "cancel": back, "lead": self.person.name} | kwargs)

    def perform(self, form: GuardianForm) -> str:
        guardian_register(self.actor, person_id=self.person.pk, **form.cleaned_data)
        return _list_url(self.person.pk)


class PaperConsent(ServiceFormView):
    form_class = PaperConsentForm
    title = gettext_lazy("Record a consent on paper")
    submit_label = gettext_lazy("Record it")
    success_message = gettext_lazy("The consent is recorded.")

    def prepare(self) -> None:
        self.guardian = _guardian(self.actor, self.kwargs["pk"])
        if not is_in_charge(self.actor, self.guardian.person_id):
            raise NotFound

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        back = _list_url(self.guardian.person_id)
        crumbs = [{"label": _("Guardians"), "url": back}]
        return super().get_context_data(**{"crumbs": crumbs, "cancel": back, "lead": self.guardian.name} | kwargs)

    def perform(self, form: PaperConsentForm) -> str:
        guardian = self.guardian
        paper_consent_record(
            self.actor, person_id=guardian.person_id, guardian_id=guardian.pk, given_at=form.given_at()
        )
        return _list_url(guardian.person_id)


@require_POST
def ask_again_act(request: PortalRequest, pk: int) -> HttpResponse:
    guardian = guardian_ask_again(request.actor, guardian_id=_guardian(request.actor, pk).pk)
    messages.success(request, _("A new link is on its way. The earlier one opens nothing any more."))
    return redirect(_list_url(guardian.person_id))


@require_POST
def end_act(request: PortalRequest, pk: int) -> HttpResponse:
    guardian = guardian_end(request.actor, guardian_id=_guardian(request.actor, pk).pk)
    messages.success(request, _("This person is a guardian here no longer."))
    return redirect(_list_url(guardian.person_id))


@require_POST
def withdraw_act(request: PortalRequest, pk: int) -> HttpResponse:
    guardian_consent_withdraw(request.actor, person_id=pk)
    messages.success(request, _("The consent has ended. The account opens nothing from now on."))
    return redirect(_list_url(pk))


@method_decorator([login_not_required, never_cache], name="dispatch")
class GuardianAnswer(FormView):
    """Read the text, answer once; the link is the only key."""

    form_class = AnswerForm
    template_name = "privacy/guardian_answer.html"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        self.link = open_link(kwargs["key"])
        return super().dispatch(request, *args, **kwargs)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        person = self.link.guardian.person
        child = is_under(OWN_CONSENT, person.birth_date)
        return super().get_context_data(link=self.link, person=person, child=child, **kwargs)

    def form_valid(self, form: AnswerForm) -> HttpResponse:
        agrees = form.cleaned_data["answer"] == "yes"
        guardian_answer(Actor.system("privacy.guardian_link"), key=self.kwargs["key"], agrees=agrees)
        return render(self.request, "privacy/guardian_answered.html", {"agrees": agrees})

    def form_invalid(self, form: AnswerForm) -> HttpResponse:
        return self.render_to_response(self.get_context_data(form=form), status=422)
