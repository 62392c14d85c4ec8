"""Pages of the signing circuit, for those with an account: sign, send back, refuse, recall, withdraw, name who signs."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from django.views.decorators.http import require_POST

from apps.core.actor import Actor
from apps.core.errors import ALLOWED, Decision, NotFound, WrongState
from apps.core.services import fetch, require_confirmed
from apps.core.views import PortalRequest

from ..differences import changed_since
from ..evidence import evidence_of
from ..forms import ReasonForm, SignerForm, SignForm
from ..models import Agreement, AgreementVersion, Signer
from ..policies import can_edit, can_sign, is_side_of
from ..reading import reading_of
from ..services import (
    ContentChanged,
    agreement_recall,
    agreement_refuse,
    agreement_send_back,
    agreement_sign,
    agreement_submit,
    agreement_withdraw,
    signer_replace,
)
from ..services.signers import acts_for
from ..turns import own_turn
from .drafts import OneAgreement

State = AgreementVersion.State


def open_version(actor: Actor, agreement: Agreement) -> AgreementVersion:
    """The version that is drafted or signed; ``WrongState``, which says why, when the actor sees none."""
    rows = AgreementVersion.objects.visible_to(actor).open().whole().select_related("agreement__framework__mode")
    version = rows.filter(agreement=agreement).first()
    if version is not None:
        return version
    if agreement.versions.filter(state=State.DRAFT).exists():
        raise WrongState(_("It was taken back to be changed. You are asked again when the new text is there."))
    raise WrongState(_("No version of this agreement is being drafted or signed."))


class OneOpen(OneAgreement):
    """A form about the version of an agreement that is drafted or signed."""

    version: AgreementVersion

    def prepare(self) -> None:
        self.agreement = fetch(Agreement.objects.visible_to(self.actor), pk=self.kwargs["pk"])
        self.version = open_version(self.actor, self.agreement)
        self.decide(self.actor).require()

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**{"version": self.version, "lead": self.version.said.title} | kwargs)


class AgreementSign(OneOpen):
    """Exactly what the actor's party is shown, and the signature below it; or why it cannot be given now."""

    form_class = SignForm
    template_name = "agreements/agreement_sign.html"
    title = _("Sign the agreement")
    submit_label = _("Sign")
    success_message = _("You have signed.")
    signer: Signer
    turn: Decision

    def prepare(self) -> None:
        super().prepare()
        require_confirmed(self.actor)
        signer, self.turn = own_turn(self.actor, self.version)
        own = (one for one in self.version.circuit if is_side_of(self.actor, one.party))
        shown = signer or next(own, None)
        if shown is None or self.version.state != State.AWAITING_SIGNATURES:
            raise WrongState(self.turn.reason)
        self.signer = shown

    def decide(self, actor: Actor) -> Decision:
        return can_sign(actor, self.version)

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"for_self": self.signer.party.student_id is not None}

    def get_initial(self) -> dict[str, Any]:
        return {"content_hash": self.version.hash_for(self.signer.party_id)}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        party = self.signer.party_id
        page = {
            "signer": self.signer,
            "turn": self.turn,
            "text": reading_of(self.version, party),
            "content_hash": self.version.hash_for(party),
            "before": self._before(),
        }
        return super().get_context_data(**page | kwargs)

    def _before(self) -> int:
        """The version that this one changes, when the actor sees it."""
        seen = AgreementVersion.objects.visible_to(self.actor).filter(agreement=self.agreement, state=State.IN_FORCE)
        return seen.values_list("pk", flat=True).first() or 0

    def perform(self, form: SignForm) -> str:
        agreement_sign(
            self.actor,
            agreement_id=self.agreement.pk,
            content_hash=form.cleaned_data["content_hash"],
            evidence=evidence_of(self.request),
        )
        return self.back()

    def form_valid(self, form: Any) -> HttpResponse:
        try:
            return super().form_valid(form)
        except ContentChanged as changed:
            page = {
                "agreement": self.agreement,
                "changes": changed_since(changed.version, changed.party, changed.shown),
                "reason": changed.reason,
            }
            return render(self.request, "agreements/content_changed.html", page, status=changed.status)


class Answer(OneOpen):
    """An answer with a reason that all parties read."""

    form_class = ReasonForm
    act: Any
    danger = False

    def decide(self, actor: Actor) -> Decision:
        return can_sign(actor, self.version)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**{"danger": self.danger} | kwargs)

    def perform(self, form: ReasonForm) -> str:
        type(self).act(self.actor, agreement_id=self.agreement.pk, reason=form.cleaned_data["reason"])
        return self.back()


class AgreementSendBack(Answer):
    title = _("Send back to be changed")
    submit_label = _("Send back")
    success_message = _("It is with its drafter again. You are asked anew when the text is changed.")
    act = staticmethod(agreement_send_back)


class AgreementRefuse(Answer):
    title = _("Refuse to sign")
    submit_label = pgettext_lazy("signature", "Refuse")
    success_message = _("You have refused. All parties are told why.")
    act = staticmethod(agreement_refuse)
    danger = True


class AgreementRecall(Answer):
    title = _("Take back to change it")
    submit_label = _("Take back")
    success_message = _("It is a draft again. Signatures that your change does not concern stay valid.")
    act = staticmethod(agreement_recall)

    def decide(self, actor: Actor) -> Decision:
        return can_edit(actor, self.version)


class AgreementWithdraw(AgreementRecall):
    title = _("Withdraw")
    submit_label = _("Withdraw")
    success_message = _("It is withdrawn.")
    act = staticmethod(agreement_withdraw)
    danger = True


class SignerReplace(OneOpen):
    """Who signs for the actor's own organization, or as guardian of a student of theirs."""

    form_class = SignerForm
    title = _("Name who signs")
    submit_label = _("Save")
    success_message = _("Saved. Who signs now is asked.")
    signer: Signer

    def prepare(self) -> None:
        versions = AgreementVersion.objects.visible_to(self.actor)
        signers = Signer.objects.filter(version__in=versions, removed_at=None).exclude(capacity=Signer.Capacity.STUDENT)
        rows = signers.select_related("party__organization", "party__student__user", "version")
        self.signer = fetch(rows, pk=self.kwargs["pk"])
        self.agreement = fetch(Agreement.objects.visible_to(self.actor), pk=self.signer.version.agreement_id)
        self.version = open_version(self.actor, self.agreement)
        if self.version.pk != self.signer.version_id:
            raise NotFound
        self.decide(self.actor).require()

    def decide(self, actor: Actor) -> Decision:
        if acts_for(actor, self.signer.party):
            return ALLOWED
        return Decision(False, _("Only the party itself, or the school of a student, says who signs for it."))

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"signer": self.signer}

    def perform(self, form: SignerForm) -> str:
        signer_replace(self.actor, signer_id=self.signer.pk, **form.values())
        return self.back()


@require_POST
def agreement_submit_act(request: PortalRequest, pk: int) -> HttpResponse:
    """Show the draft to all parties; what is missing is said on the page of the agreement."""
    try:
        agreement_submit(request.actor, agreement_id=pk)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        messages.success(request, _now("All parties see the agreement now and are asked to sign."))
    return redirect("agreements:agreement_detail", pk=pk)
