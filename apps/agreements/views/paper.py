"""An agreement on paper, and the public page that says whether a paper is genuine."""

from __future__ import annotations

import hmac
import re
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.core.files.base import ContentFile
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods, require_safe

from apps.core.services import fetch
from apps.core.uploads import attachment
from apps.core.views import PortalRequest

from ..forms import VerifyForm
from ..models import Agreement
from ..paper import CODE_LENGTH, agreement_bundle, agreement_pdf, seal_in

NUMBER = re.compile(rf"AG-?(\d{{1,12}})-([0-9A-F]{{{CODE_LENGTH}}})")


@require_safe
def agreement_paper(request: PortalRequest, pk: int) -> FileResponse:
    """The PDF, to save, in the reader's language."""
    agreement = fetch(Agreement.objects.visible_to(request.actor).whole(), pk=pk)
    return attachment(ContentFile(agreement_pdf(agreement)), f"{agreement.number}.pdf")


@require_safe
def agreement_zip(request: PortalRequest, pk: int) -> FileResponse:
    """The bundle that can be checked without the portal, to save."""
    agreement = fetch(Agreement.objects.visible_to(request.actor).whole(), pk=pk)
    return attachment(ContentFile(agreement_bundle(agreement)), f"{agreement.number}.zip")


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def verify(request: HttpRequest) -> HttpResponse:
    """Takes the number on a paper, or the file, and says whether the portal issued it and whether it still stands.

    Shows organizations, dates and state, and no person. A number that was guessed finds nothing: part of it is a hash.
    """
    if request.method == "POST":
        form = VerifyForm(request.POST, request.FILES)
        if not form.is_valid():
            return render(request, "agreements/verify.html", {"form": form, "answer": None}, status=422)
        file = form.cleaned_data["file"]
        found = _of_file(file.read()) if file else _of_number(form.cleaned_data["number"])
        return render(request, "agreements/verify.html", {"form": form, "answer": found})
    number = request.GET.get("number", "")
    answer = _of_number(number) if number else None
    form = VerifyForm(initial={"number": number.replace("\x00", "")})
    return render(request, "agreements/verify.html", {"form": form, "answer": answer})


def _of_number(number: str) -> dict[str, Any]:
    match = NUMBER.fullmatch(re.sub(r"\s", "", number).upper())
    if match is None:
        return {"genuine": False}
    agreement = _shown(int(match[1]))
    code = agreement.content_hash[:CODE_LENGTH].upper() if agreement else ""
    if agreement is None or not hmac.compare_digest(code, match[2]):
        return {"genuine": False}
    return _answer(agreement, current=True)


def _of_file(content: bytes) -> dict[str, Any]:
    seal = seal_in(content)
    agreement = _shown(seal.agreement_id) if seal else None
    if seal is None or agreement is None:
        return {"genuine": False}
    return _answer(agreement, current=hmac.compare_digest(seal.content_hash, agreement.content_hash))


def _shown(pk: int) -> Agreement | None:
    """The agreement, once it was shown to its parties."""
    return Agreement.objects.whole().exclude(state=Agreement.State.DRAFT).filter(pk=pk).first()


def _answer(agreement: Agreement, *, current: bool) -> dict[str, Any]:
    signed = [(party.organization, getattr(party, "signature", None)) for party in agreement.parties.all()]
    return {"genuine": True, "current": current, "agreement": agreement, "signed": signed}
