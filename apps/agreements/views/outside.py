"""Signatures outside the portal: the page that a one-time link opens, and what was signed on paper."""

from __future__ import annotations

import secrets
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import ValidationError
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.views import View
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from apps.accounts.limits import HOUR, Rule, TooManyAttempts, give_back, key_of, source_of, take
from apps.core.actor import Actor
from apps.core.errors import Decision, NotFound, WrongState
from apps.core.services import fetch
from apps.core.uploads import attachment
from apps.core.views import PortalRequest, add_errors

from ..differences import changed_since
from ..evidence import evidence_of, sha256_of
from ..forms import LinkSignForm, PaperForm, ReasonForm
from ..models import Agreement, AgreementFile, AgreementVersion, Signature, Signer, SigningLink
from ..policies import can_confirm_paper, can_record_paper
from ..reading import reading_of
from ..services import (
    ContentChanged,
    link_refuse,
    link_send_again,
    link_sign,
    signature_confirm_paper,
    signature_record_paper,
    signature_reject_paper,
)
from ..services.links import digest_of
from .circuit import OneOpen, open_version

ANSWERS_PER_LINK = (Rule(20, HOUR),)
HOLDER = Actor.system("agreements.link")
State = AgreementVersion.State


def link_known(request: HttpRequest, key: str) -> SigningLink:
    """The link of this key, whether it still opens something or not; ``NotFound`` for an unknown one.

    Who tries unknown ones from one address is kept out for a while (``TooManyAttempts``).
    """
    bucket, token = key_of("signing links", source_of(request)), secrets.token_hex(8)
    take(bucket, (Rule(settings.FAILURES_PER_ADDRESS, HOUR),), token)
    link = fetch(SigningLink.objects.select_related("signer__party"), digest=digest_of(key))
    give_back(bucket, token)
    return link


@method_decorator([login_not_required, never_cache], name="dispatch")
class LinkSign(View):
    """Read, and sign or refuse once; the link is the only key."""

    http_method_names = ["get", "head", "post"]

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            self.link = link_known(request, kwargs["key"])
            if request.method == "POST":
                take(key_of("signing link", self.link.digest), ANSWERS_PER_LINK)
        except TooManyAttempts as error:
            page = {"reason": " ".join(error.messages)}
            return render(request, "agreements/link_too_many.html", page, status=429)
        rows = AgreementVersion.objects.whole().select_related("agreement__framework", "drafted_by")
        self.version = fetch(rows, pk=self.link.signer.version_id)
        return self.answer(request)

    def answer(self, request: HttpRequest) -> HttpResponse:
        """The text with both forms; afterwards, or when the link was replaced, a page that says so."""
        signer = next((one for one in self.version.circuit if one.pk == self.link.signer_id), None)
        if signer is None or not self.link.is_open or self.version.state != State.AWAITING_SIGNATURES:
            status = 409 if request.method == "POST" else 200
            return render(request, "agreements/link_closed.html", self._closed(), status=status)
        self.signer = signer
        sign_form = LinkSignForm(initial={"content_hash": self.version.hash_for(signer.party_id)}, for_self=True)
        refuse_form = ReasonForm(prefix="refuse")
        if request.method == "POST":
            if "refuse" in request.POST:
                refuse_form = ReasonForm(request.POST, prefix="refuse")
                done = self._refused(refuse_form)
            else:
                sign_form = LinkSignForm(request.POST, for_self=True)
                done = self._signed(sign_form)
            if done is not None:
                return done
        page = {
            "version": self.version,
            "signer": signer,
            "text": reading_of(self.version, signer.party_id),
            "content_hash": self.version.hash_for(signer.party_id),
            "sign_form": sign_form,
            "refuse_form": refuse_form,
            "key": self.kwargs["key"],
        }
        return render(request, "agreements/link_sign.html", page, status=422 if request.method == "POST" else 200)

    def _signed(self, form: LinkSignForm) -> HttpResponse | None:
        if not form.is_valid():
            return None
        data = form.cleaned_data
        try:
            link_sign(
                HOLDER,
                key=self.kwargs["key"],
                content_hash=data["content_hash"],
                name=data["name"],
                evidence=evidence_of(self.request),
            )
        except ValidationError as error:
            add_errors(form, error)
            return None
        except ContentChanged as changed:
            changes = changed_since(changed.version, changed.party, changed.shown)
            page = {"changes": changes, "reason": changed.reason}
            return render(self.request, "agreements/link_changed.html", page, status=changed.status)
        return redirect(self.request.path)

    def _refused(self, form: ReasonForm) -> HttpResponse | None:
        if not form.is_valid():
            return None
        link_refuse(HOLDER, key=self.kwargs["key"], reason=form.cleaned_data["reason"])
        return redirect(self.request.path)

    def _closed(self) -> dict[str, Any]:
        """What became of it; a used link either signed or refused."""
        signed = Signature.objects.filter(signer_id=self.link.signer_id, method=Signature.Method.LINK).last()
        return {
            "link": self.link,
            "version": self.version,
            "signed": signed if self.link.used_at is not None else None,
        }


@login_not_required
@never_cache
def link_file(request: HttpRequest, key: str, pk: int) -> FileResponse:
    """An attachment that the holder of an open link is asked to sign, to save."""
    link = link_known(request, key)
    version = fetch(AgreementVersion.objects.whole(), pk=link.signer.version_id)
    if not link.is_open or version.state != State.AWAITING_SIGNATURES:
        raise NotFound
    if pk not in {row["file"] for row in version.document(link.signer.party_id)["attachments"]}:
        raise NotFound
    file = fetch(AgreementFile.objects.all(), pk=pk)
    return attachment(file.file, file.name)


@require_POST
def link_again_act(request: PortalRequest, pk: int) -> HttpResponse:
    signer = link_send_again(request.actor, signer_id=pk)
    messages.success(request, _now("A new link is on its way. The earlier one opens nothing any more."))
    return redirect("agreements:agreement_detail", pk=signer.version.agreement_id)


class PaperRecord(OneOpen):
    """What one signer signed on paper, with the scan."""

    form_class = PaperForm
    title = _("Record what was signed on paper")
    submit_label = _("Record it")
    success_message = _("Recorded. It counts when another party has confirmed it.")
    signer: Signer

    def prepare(self) -> None:
        versions = AgreementVersion.objects.visible_to(self.actor)
        signers = Signer.objects.filter(version__in=versions, removed_at=None)
        self.signer = fetch(
            signers.select_related("party__organization", "party__student__user", "membership__user", "version"),
            pk=self.kwargs["pk"],
        )
        self.agreement = fetch(Agreement.objects.visible_to(self.actor), pk=self.signer.version.agreement_id)
        self.version = open_version(self.actor, self.agreement)
        self.decide(self.actor).require()
        if self.version.pk != self.signer.version_id or self.signer.standing is not None:
            raise WrongState(_("This signature has been given."))

    def decide(self, actor: Actor) -> Decision:
        return can_record_paper(actor, self.version)

    def get_initial(self) -> dict[str, Any]:
        return {"name": self.signer.who}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**{"lead": str(self.signer)} | kwargs)

    def perform(self, form: PaperForm) -> str:
        data = form.cleaned_data
        signature_record_paper(self.actor, signer_id=self.signer.pk, sha256=sha256_of(data["scan"]), **data)
        return self.back()


@require_POST
def paper_confirm_act(request: PortalRequest, pk: int) -> HttpResponse:
    signature = signature_confirm_paper(request.actor, signature_id=pk)
    messages.success(request, _now("Confirmed. The signature on paper counts."))
    return redirect("agreements:agreement_detail", pk=signature.signer.version.agreement_id)


class PaperReject(OneOpen):
    """The scan does not show what was agreed."""

    form_class = ReasonForm
    title = _("Reject the paper")
    submit_label = _("Reject it")
    success_message = _("Rejected. The signature is missing again.")
    signature: Signature

    def prepare(self) -> None:
        versions = AgreementVersion.objects.visible_to(self.actor)
        rows = Signature.objects.filter(signer__version__in=versions, method=Signature.Method.PAPER, voided_at=None)
        self.signature = fetch(rows.select_related("signer__version", "scan__added_by"), pk=self.kwargs["pk"])
        self.agreement = fetch(Agreement.objects.visible_to(self.actor), pk=self.signature.signer.version.agreement_id)
        self.version = open_version(self.actor, self.agreement)
        self.decide(self.actor).require()

    def decide(self, actor: Actor) -> Decision:
        return can_confirm_paper(actor, self.version, self.signature)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**{"danger": True, "lead": self.signature.name} | kwargs)

    def perform(self, form: ReasonForm) -> str:
        signature_reject_paper(self.actor, signature_id=self.signature.pk, reason=form.cleaned_data["reason"])
        return self.back()
