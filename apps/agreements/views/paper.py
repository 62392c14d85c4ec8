"""An agreement on paper, and the public page that says whether a paper is genuine."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.core.files.base import ContentFile, File
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from apps.core.actor import Actor
from apps.core.errors import NotFound
from apps.core.services import fetch
from apps.core.uploads import attachment
from apps.core.views import PortalRequest

from ..forms import VerifyForm
from ..models import Agreement, AgreementVersion
from ..paper import agreement_bundle, of_file, of_number, version_pdf
from ..paper.seal import Known
from ..policies import shown_part


@require_safe
def agreement_paper(request: PortalRequest, pk: int) -> FileResponse:
    """The PDF of the version in force, of the newest while none is, to save, in the reader's language."""
    agreement = fetch(Agreement.objects.visible_to(request.actor), pk=pk)
    versions = AgreementVersion.objects.visible_to(request.actor).filter(agreement=agreement).order_by("-number")
    found = versions.filter(state=AgreementVersion.State.IN_FORCE).first() or versions.first()
    if found is None:
        raise NotFound
    return _pdf(request.actor, found.pk)


@require_safe
def version_paper(request: PortalRequest, pk: int) -> FileResponse:
    """The PDF of one version, as the actor is shown it, to save."""
    return _pdf(request.actor, pk)


def _pdf(actor: Actor, pk: int) -> FileResponse:
    rows = AgreementVersion.objects.visible_to(actor).whole().select_related("agreement__framework", "drafted_by")
    version = fetch(rows.prefetch_related("signers__signatures__scan__added_by__organization"), pk=pk)
    name = f"{version.agreement.number}-{version.number}.pdf"
    return attachment(ContentFile(version_pdf(version, shown_part(actor, version))), name)


@require_safe
def agreement_zip(request: PortalRequest, pk: int) -> FileResponse:
    """The bundle that can be checked without the portal, to save."""
    agreement = fetch(Agreement.objects.visible_to(request.actor), pk=pk)
    return attachment(File(agreement_bundle(request.actor, agreement)), f"{agreement.number}.zip")


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def verify(request: HttpRequest) -> HttpResponse:
    """Takes the number on a paper, or the file, and says whether the portal issued it and whether it still stands.

    Shows organizations, dates and states, and no person. A number that was guessed finds nothing: part of it is a hash.
    """
    if request.method == "POST":
        form = VerifyForm(request.POST, request.FILES)
        if not form.is_valid():
            return render(request, "agreements/verify.html", {"form": form, "answer": None}, status=422)
        file = form.cleaned_data["file"]
        found = of_file(file.read()) if file else of_number(form.cleaned_data["number"])
        return render(request, "agreements/verify.html", {"form": form, "answer": _answer(found)})
    number = request.GET.get("number", "")
    answer = _answer(of_number(number)) if number else None
    form = VerifyForm(initial={"number": number.replace("\x00", "")})
    return render(request, "agreements/verify.html", {"form": form, "answer": answer})


def _answer(found: tuple[AgreementVersion, Known] | None) -> dict[str, Any]:
    if found is None:
        return {"genuine": False}
    version, known = found
    signed = [
        {
            "party": signer.party.organization or _("a student"),
            "capacity": signer.get_capacity_display(),
            "signature": signer.standing,
            "done": signer.is_done,
        }
        for signer in version.circuit
    ]
    return {"genuine": True, "known": known, "version": version, "agreement": version.agreement, "signed": signed}
