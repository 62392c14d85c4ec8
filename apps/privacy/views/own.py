"""What the portal holds about a person, in words; the copy, consents, and who looked."""

from __future__ import annotations

from allauth.account.decorators import reauthentication_required
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from apps.accounts.models import User
from apps.core.lists import ActorListView
from apps.core.services import fetch
from apps.core.views import PortalRequest

from ..ages import FULL_AGE, is_under
from ..events import obstacles_of
from ..models import Consent, ConsentText, Disclosure, ErasureRequest, Purpose
from ..policies import can_consent, wards_of
from ..services import consent_give, consent_withdraw, copy_ask, waits_for_guardian
from ..summary import summary


@require_safe
def overview(request: PortalRequest) -> HttpResponse:
    """What is held, why, how long; and what the person can ask."""
    person = fetch(User.objects.all(), pk=request.actor.user_id)
    open_request = ErasureRequest.objects.open().filter(person=person).first()
    return render(
        request,
        "privacy/overview.html",
        {
            "person": person,
            "groups": summary(person),
            "erasure": open_request,
            "obstacles": [] if open_request else obstacles_of(person),
            "minor": is_under(FULL_AGE, person.birth_date),
            "wards": wards_of(person.pk).select_related("person"),
            "waits_for_guardian": waits_for_guardian(person.pk),
        },
    )


@require_POST
@reauthentication_required
def copy_ask_act(request: PortalRequest, pk: int) -> HttpResponse:
    job = copy_ask(request.actor, person_id=pk, back_url=reverse("privacy:overview"))
    return redirect("jobs:run_detail", pk=job.pk)


class DisclosureList(ActorListView):
    """Who looked at what is masked: at oneself; for administrators, in the organization."""

    queryset = Disclosure.objects.select_related("subject", "viewer")
    template_name = "privacy/disclosure_list.html"


@require_safe
def consent_list(request: PortalRequest) -> HttpResponse:
    """Each optional purpose with its current text, and what was agreed to before."""
    person = fetch(User.objects.all(), pk=request.actor.user_id)
    texts = ConsentText.objects.filter(superseded_at=None, purpose__in=Purpose.optional())
    given = Consent.objects.visible_to(request.actor).select_related("text", "guardian")
    standing = {consent.text_id: consent for consent in given if consent.withdrawn_at is None}
    return render(
        request,
        "privacy/consent_list.html",
        {
            "purposes": [(text, standing.get(text.pk)) for text in texts],
            "earlier": [consent for consent in given if consent.withdrawn_at or consent.text.superseded_at],
            "may": can_consent(person),
        },
    )


@require_POST
def consent_give_act(request: PortalRequest, pk: int) -> HttpResponse:
    consent_give(request.actor, text_id=pk)
    messages.success(request, _("You have agreed. You can withdraw it here at any time."))
    return redirect("privacy:consent_list")


@require_POST
def consent_withdraw_act(request: PortalRequest, pk: int) -> HttpResponse:
    consent_withdraw(request.actor, consent_id=pk)
    messages.success(request, _("Withdrawn. It counts from now on."))
    return redirect("privacy:consent_list")
