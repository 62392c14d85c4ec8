"""Pages of the signing circuit."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from apps.core.actor import Actor
from apps.core.errors import Decision
from apps.core.services import require_confirmed
from apps.core.views import PortalRequest

from ..forms import SignForm
from ..policies import can_sign, is_side_of
from ..services import (
    agreement_sign,
    agreement_submit,
)
from .drafts import OneVersion


class AgreementSign(OneVersion):
    form_class = SignForm
    template_name = "agreements/agreement_sign.html"
    title = _("Sign the agreement")
    submit_label = _("Sign")
    success_message = _("You have signed.")

    def prepare(self) -> None:
        super().prepare()
        require_confirmed(self.actor)

    def decide(self, actor: Actor) -> Decision:
        return can_sign(actor, self.version)

    def get_initial(self) -> dict[str, Any]:
        own = next(signer.party_id for signer in self.version.circuit if is_side_of(self.actor, signer.party))
        return {"content_hash": self.version.hash_for(own)}

    def perform(self, form: SignForm) -> str:
        agreement_sign(self.actor, agreement_id=self.agreement.pk, content_hash=form.cleaned_data["content_hash"])
        return self.back()


@require_POST
def agreement_submit_act(request: PortalRequest, pk: int) -> HttpResponse:
    agreement_submit(request.actor, agreement_id=pk)
    messages.success(request, _("All parties see the agreement now and are asked to sign."))
    return redirect("agreements:agreement_detail", pk=pk)


