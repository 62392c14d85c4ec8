"""Pages of the parts of a draft: clauses, signers, days, duties, shares, attachments; and its files to save."""

from __future__ import annotations

import hashlib
from typing import Any

from django.contrib import messages
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from apps.core.errors import NotFound
from apps.core.services import fetch
from apps.core.uploads import attachment
from apps.core.views import PortalRequest
from apps.organizations.models import Membership

from ..forms import AttachmentForm, ClausesForm, DutyForm, SharesForm, SignersForm, ValuesForm
from ..forms.rows import Row, RowsForm, changed_rows
from ..models import AgreementFile, AgreementVersion, Signature
from ..policies import shown_part
from ..services import attachment_add, attachment_remove, signers_set, version_revise
from ..services.signers import acts_for, who_signs
from .drafts import OneDraft, newest_version


class TermsPart(OneDraft):
    """A form about what the draft says."""

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"terms": self.version.said}

    def revise(self, form: Any, **changes: Any) -> str:
        version_revise(
            self.actor, version_id=self.version.pk, expected_revision=form.cleaned_data["revision"], **changes
        )
        return self.back()


class RowsPart(OneDraft):
    """A form of rows; the button ``act`` changes rows and saves nothing, ``act=look`` only shows the page again."""

    form_class: type[RowsForm]

    def rows(self) -> list[Row]:
        """The rows as they are saved."""
        raise NotImplementedError

    def new_row(self, act: str) -> Row:
        """What ``add`` adds."""
        raise NotImplementedError

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"rows": self.rows()}

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        act = request.POST.get("act", "")
        if not act:
            return super().post(request, *args, **kwargs)
        form_class: type[RowsForm] = self.form_class
        new = self.new_row(act) if act.partition(":")[0] == "add" else None
        rows, focus = changed_rows(form_class.typed(request.POST), act, new, form_class.most)
        form_kwargs = self.get_form_kwargs()
        for name in ("data", "files"):
            form_kwargs.pop(name)
        form_kwargs["initial"]["revision"] = request.POST.get("revision", "")
        form = form_class(**form_kwargs | {"rows": rows})
        return self.render_to_response(self.get_context_data(form=form, focus=focus))


class AgreementClauses(TermsPart, RowsPart):
    form_class = ClausesForm
    template_name = "agreements/draft_clauses.html"
    title = _("Text")

    def rows(self) -> list[Row]:
        return [
            {"key": one.key, "heading": one.heading, "text": one.text, "concerns": list(one.concerns)}
            for one in self.version.said.clauses
        ]

    def new_row(self, act: str) -> Row:
        return {"key": "other", "heading": "", "text": "", "concerns": []}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        terms = self.version.said
        filled = [(f"{{{name}}}", terms.filled(f"{{{name}}}")) for name in self.agreement.mode.blanks]
        return super().get_context_data(**{"blanks": filled} | kwargs)

    def perform(self, form: ClausesForm) -> str:
        return self.revise(form, clauses=form.clauses())


class AgreementSigners(RowsPart):
    form_class = SignersForm
    template_name = "agreements/draft_signers.html"
    title = _("Signers")

    def prepare(self) -> None:
        super().prepare()
        parties = self.agreement.parties.filter(pk__in=who_signs(self.version)).order_by("pk")
        self.parties = {row.pk: row for row in parties.select_related("organization", "student__user")}

    def get_form_kwargs(self) -> dict[str, Any]:
        outside = [pk for pk, row in self.parties.items() if row.student_id or acts_for(self.actor, row)]
        return super().get_form_kwargs() | {
            "parties": self.parties,
            "members": self._members(),
            "outside": outside,
        }

    def _members(self) -> dict[int, list[tuple[int, str]]]:
        """Who may sign for the own organization; of other parties only who is named already: they name their own."""
        own = Membership.objects.holding("sign_agreements").filter(organization_id=self.actor.organization_id)
        names = [
            (member.pk, f"{member.user.name} · {member.get_role_display()}") for member in own.select_related("user")
        ]
        found: dict[int, list[tuple[int, str]]] = {}
        for row in self.parties.values():
            if row.student_id:
                continue
            if row.organization_id == self.actor.organization_id:
                found[row.pk] = names
                continue
            signers = [signer for signer in self.version.circuit if signer.party_id == row.pk]
            named = {one.pk: one.user.name for signer in signers for one in (signer.membership, signer.deputy) if one}
            found[row.pk] = list(named.items())
        return found

    def rows(self) -> list[Row]:
        return [
            {
                "party": str(one.party_id),
                "capacity": one.capacity,
                "order": one.order,
                "membership": one.membership_id,
                "deputy": one.deputy_id,
                "name": one.name,
                "email": one.email,
            }
            for one in self.version.circuit
        ]

    def new_row(self, act: str) -> Row:
        """``add:<party>``: one more signature for that party, after the others."""
        wanted = act.partition(":")[2]
        party = next((row for row in self.parties.values() if str(row.pk) == wanted), None)
        if party is None:
            raise NotFound
        last = max((one.order for one in self.version.circuit), default=1)
        capacity = "guardian" if party.student_id else "legal"
        return {"party": str(party.pk), "capacity": capacity, "order": last}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        rows = context["form"].bound_rows()
        sides = [
            {"party": party, "rows": [row for row in rows if row["row"]["party"] == str(pk)]}
            for pk, party in self.parties.items()
        ]
        return context | {"sides": sides}

    def perform(self, form: SignersForm) -> str:
        signers_set(
            self.actor,
            version_id=self.version.pk,
            expected_revision=form.cleaned_data["revision"],
            slots=form.slots(),
        )
        return self.back()


class AgreementValues(TermsPart):
    form_class = ValuesForm
    title = _("Days and names in the text")

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"mode": self.agreement.mode}

    def perform(self, form: ValuesForm) -> str:
        return self.revise(form, values=form.values())


class AgreementShares(TermsPart):
    form_class = SharesForm
    title = _("Shares")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        lead = _("Of the benefits and of the risks, each 100 per cent together. Leave all empty when none are agreed.")
        return super().get_context_data(**{"lead": lead} | kwargs)

    def perform(self, form: SharesForm) -> str:
        return self.revise(form, shares=form.shares())


class DutyAdd(TermsPart):
    form_class = DutyForm
    title = _("Add an obligation")
    submit_label = _("Add")
    success_message = _("The obligation is added to the draft.")

    def perform(self, form: DutyForm) -> str:
        return self.revise(form, duties=(*self.version.said.duties, form.duty()))


@require_POST
def duty_remove_act(request: PortalRequest, pk: int, key: str) -> HttpResponse:
    """Take an obligation out of the draft."""
    version = newest_version(request.actor, pk)
    duties = tuple(duty for duty in version.said.duties if duty.key != key)
    if len(duties) == len(version.said.duties):
        raise NotFound
    version_revise(request.actor, version_id=version.pk, expected_revision=_revision(request), duties=duties)
    messages.success(request, _("The obligation is taken out of the draft."))
    return redirect("agreements:agreement_draft", pk=pk)


class AgreementAttachments(TermsPart):
    form_class = AttachmentForm
    template_name = "agreements/draft_attachments.html"
    title = _("Attachments")
    submit_label = _("Attach the file")
    success_message = _("The file is attached to the draft.")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        terms = self.version.said
        names = {named.party: named.name for named in terms.parties}
        files = [{"file": one, "concerns": [names[party] for party in one.concerns]} for one in terms.attachments]
        return super().get_context_data(**{"files": files} | kwargs)

    def perform(self, form: AttachmentForm) -> str:
        file = form.cleaned_data["file"]
        attachment_add(
            self.actor,
            version_id=self.version.pk,
            expected_revision=form.cleaned_data["revision"],
            file=file,
            sha256=hashlib.file_digest(file, "sha256").hexdigest(),
            concerns=form.cleaned_data["concerns"],
        )
        return self.request.path


@require_POST
def attachment_remove_act(request: PortalRequest, pk: int, file: int) -> HttpResponse:
    """Take a file out of the draft."""
    version = newest_version(request.actor, pk)
    attachment_remove(request.actor, version_id=version.pk, expected_revision=_revision(request), file_id=file)
    messages.success(request, _("The file is taken out of the draft."))
    return redirect("agreements:agreement_attachments", pk=pk)


def _revision(request: HttpRequest) -> int | None:
    sent = request.POST.get("revision", "")
    return int(sent) if sent.isascii() and sent.isdecimal() and len(sent) < 10 else None


@require_safe
def agreement_file(request: PortalRequest, pk: int) -> FileResponse:
    """A file to save: attached to a version of which the actor reads the part that it belongs to, or the scan of a signature
    of one."""
    file = fetch(AgreementFile.objects.select_related("agreement"), pk=pk)
    versions = AgreementVersion.objects.visible_to(request.actor).whole().filter(agreement=file.agreement)
    for version in versions:
        shown = version.document(shown_part(request.actor, version))["attachments"]
        if any(one["file"] == file.pk for one in shown):
            return attachment(file.file, file.name)
    if Signature.objects.filter(scan=file, signer__version__in=versions).exists():
        return attachment(file.file, file.name)
    raise NotFound
