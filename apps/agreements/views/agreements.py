"""Pages of agreements."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from apps.audit.history import history_of
from apps.core.actor import Actor
from apps.core.errors import Decision
from apps.core.lists import ActorListView, choice_chips
from apps.core.services import fetch, require_confirmed
from apps.core.views import PortalRequest, ServiceFormView

from ..filters import AgreementFilter
from ..forms import AgreementForm, ReasonForm, SignForm
from ..models import Agreement, Mode
from ..policies import can_draft, can_edit, can_sign, can_terminate
from ..services import (
    agreement_draft,
    agreement_revise,
    agreement_sign,
    agreement_submit,
    agreement_terminate,
    mode_text,
)

ENDABLE = {Agreement.State.AWAITING_SIGNATURES, Agreement.State.IN_FORCE}


class AgreementList(ActorListView):
    queryset = Agreement.objects.prefetch_related("organizations")
    filterset_class = AgreementFilter
    permission = "view_agreements"
    template_name = "agreements/agreement_list.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            chips=choice_chips(self.request, "state", Agreement.State.choices, _("All")),
            draft=can_draft(self.request.actor),
            **kwargs,
        )


@require_safe
def agreement_detail(request: PortalRequest, pk: int) -> HttpResponse:
    """The agreement, who has signed, what the actor can do next, what happened."""
    actor = request.actor
    agreement = fetch(Agreement.objects.visible_to(actor).select_related("drafted_by"), pk=pk)
    parties = [
        (party.organization, getattr(party, "signature", None))
        for party in agreement.parties.select_related("organization", "signature__signer__user")
    ]
    signed = any(signature for organization, signature in parties if organization.pk == actor.organization_id)
    return render(
        request,
        "agreements/agreement_detail.html",
        {
            "agreement": agreement,
            "parties": parties,
            "edit": can_edit(actor, agreement) if agreement.state == Agreement.State.DRAFT else None,
            "sign": _sign_decision(actor, agreement, signed),
            "terminate": can_terminate(actor, agreement) if agreement.state in ENDABLE else None,
            "history": history_of(agreement),
        }
        | _signed_parts(agreement),
    )


def _signed_parts(agreement: Agreement) -> dict[str, Any]:
    """What is signed beside the text, for the pages that show what is signed."""
    return {
        "obligations": agreement.obligations.all(),
        "shares": [party.share for party in agreement.parties.all() if hasattr(party, "share")],
    }


def _sign_decision(actor: Actor, agreement: Agreement, signed: bool) -> Decision | None:
    """Whether a button to sign belongs on the page: none when there is nothing to sign any more."""
    if signed or agreement.state != Agreement.State.AWAITING_SIGNATURES:
        return None
    return can_sign(actor, agreement)


class AgreementFormView(ServiceFormView):
    """The text and the parties; the button that searches for parties saves nothing and keeps what was typed."""

    form_class = AgreementForm

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if "find_parties" not in request.POST:
            return super().post(request, *args, **kwargs)
        form_kwargs = self.get_form_kwargs()
        typed, _files = form_kwargs.pop("data"), form_kwargs.pop("files")
        form_kwargs["initial"] |= typed.dict() | {"parties": typed.getlist("parties")}
        return self.render_to_response(self.get_context_data(form=self.form_class(**form_kwargs)))


class AgreementCreate(AgreementFormView):
    title = _("Draft an agreement")
    submit_label = _("Save the draft")
    success_message = _("The draft is saved. Submit it when all parties shall see and sign it.")

    def prepare(self) -> None:
        can_draft(self.actor).require()

    def get_initial(self) -> dict[str, Any]:
        """With ``?mode=``: that mode and its text, to be filled in."""
        code = self.request.GET.get("mode", "")
        mode = Mode.objects.visible_to(self.actor).in_use().filter(pk=code).first() if code else None
        return {"mode": mode, "content": mode_text(self.actor, code)} if mode else {}

    def perform(self, form: AgreementForm) -> str:
        agreement = agreement_draft(self.actor, **form.values())
        return reverse("agreements:agreement_detail", args=[agreement.pk])


class OneAgreement(ServiceFormView):
    """A form about one agreement."""

    agreement: Agreement

    def prepare(self) -> None:
        self.agreement = fetch(Agreement.objects.visible_to(self.actor), pk=self.kwargs["pk"])
        self.decide(self.actor, self.agreement).require()

    def decide(self, actor: Actor, agreement: Agreement) -> Decision:
        return can_edit(actor, agreement)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        crumbs = [
            {"label": _("Agreements"), "url": reverse("agreements:agreement_list")},
            {"label": self.agreement.title, "url": self.back()},
        ]
        return super().get_context_data(agreement=self.agreement, crumbs=crumbs, cancel=self.back(), **kwargs)

    def back(self) -> str:
        return reverse("agreements:agreement_detail", args=[self.agreement.pk])


class AgreementEdit(AgreementFormView, OneAgreement):
    title = _("Change the draft")
    submit_label = _("Save the draft")
    success_message = _("The draft is saved.")

    def get_form_kwargs(self) -> dict[str, Any]:
        others = self.agreement.organizations.exclude(pk=self.agreement.drafted_by_id)
        initial = {"parties": list(others), "version": self.agreement.version}
        return super().get_form_kwargs() | {"instance": self.agreement, "initial": initial}

    def perform(self, form: AgreementForm) -> str:
        version = form.cleaned_data["version"]
        agreement_revise(self.actor, agreement_id=self.agreement.pk, expected_version=version, **form.values())
        return self.back()


class AgreementSign(OneAgreement):
    form_class = SignForm
    template_name = "agreements/agreement_sign.html"
    title = _("Sign the agreement")
    submit_label = _("Sign")
    success_message = _("You have signed.")

    def prepare(self) -> None:
        super().prepare()
        require_confirmed(self.actor)

    def decide(self, actor: Actor, agreement: Agreement) -> Decision:
        return can_sign(actor, agreement)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**_signed_parts(self.agreement), **kwargs)

    def get_initial(self) -> dict[str, Any]:
        return {"content_hash": self.agreement.content_hash}

    def perform(self, form: SignForm) -> str:
        agreement_sign(self.actor, agreement_id=self.agreement.pk, content_hash=form.cleaned_data["content_hash"])
        return self.back()


@require_POST
def agreement_submit_act(request: PortalRequest, pk: int) -> HttpResponse:
    agreement_submit(request.actor, agreement_id=pk)
    messages.success(request, _("All parties see the agreement now and are asked to sign."))
    return redirect("agreements:agreement_detail", pk=pk)


class AgreementTerminate(OneAgreement):
    form_class = ReasonForm
    title = _("Terminate the agreement")
    submit_label = _("Terminate")
    success_message = _("The agreement is terminated. All parties are told.")

    def decide(self, actor: Actor, agreement: Agreement) -> Decision:
        return can_terminate(actor, agreement)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        lead = _("Open intakes under this agreement close at once. Placements that have started go on.")
        return super().get_context_data(danger=True, lead=lead, **kwargs)

    def perform(self, form: ReasonForm) -> str:
        agreement_terminate(self.actor, agreement_id=self.agreement.pk, reason=form.cleaned_data["reason"])
        return self.back()
