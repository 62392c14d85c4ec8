"""Pages of drafts: a new one, its parts and what is still missing, its title, days and parties, a proposal to change."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from apps.core.actor import Actor
from apps.core.errors import ALLOWED, Decision, WrongState
from apps.core.services import fetch
from apps.core.templatetags.components import figure
from apps.core.views import PortalRequest, ServiceFormView

from ..forms import AgreementForm, ProposeForm
from ..models import Agreement, AgreementVersion, Mode
from ..policies import can_amend, can_draft, can_edit, opens
from ..reading import reading_of
from ..services import agreement_draft, version_propose, version_revise
from ..services.complete import gaps

SEARCHES = ("find_parties", "find_students", "choose_mode")
"""Buttons that save nothing and keep what was typed."""


class OneAgreement(ServiceFormView):
    """A form about one agreement."""

    agreement: Agreement

    def prepare(self) -> None:
        self.agreement = fetch(Agreement.objects.visible_to(self.actor), pk=self.kwargs["pk"])
        self.decide(self.actor).require()

    def decide(self, actor: Actor) -> Decision:
        raise NotImplementedError

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        crumbs = [
            {"label": _("Agreements"), "url": reverse("agreements:agreement_list")},
            {"label": self.agreement.title, "url": self.back()},
        ]
        return super().get_context_data(
            **{"agreement": self.agreement, "crumbs": crumbs, "cancel": self.back()} | kwargs
        )

    def back(self) -> str:
        return reverse("agreements:agreement_detail", args=[self.agreement.pk])


class OneVersion(OneAgreement):
    """A form about the newest version of an agreement that the actor sees."""

    version: AgreementVersion

    def prepare(self) -> None:
        self.version = newest_version(self.actor, self.kwargs["pk"])
        self.agreement = self.version.agreement
        self.decide(self.actor).require()

    def decide(self, actor: Actor) -> Decision:
        return can_edit(actor, self.version)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**{"version": self.version} | kwargs)


class OneDraft(OneVersion):
    """A form about a part of the open draft, which sends back the revision that the person had before them."""

    submit_label = _("Save")
    success_message = _("The draft is saved.")

    def prepare(self) -> None:
        super().prepare()
        if self.version.state != AgreementVersion.State.DRAFT:
            raise WrongState(_("Only a draft can be changed: signatures bind what was shown. Take it back first."))

    def get_initial(self) -> dict[str, Any]:
        return {"revision": self.version.revision}

    def form_valid(self, form: Any) -> HttpResponse:
        if form.cleaned_data["revision"] == self.version.revision:
            return super().form_valid(form)
        form.data = form.data.copy()
        form.data["revision"] = str(self.version.revision)
        form.add_error(
            None,
            _(
                "Somebody changed this draft in the meantime. What you typed is kept here: look at the draft in another window, "
                "then save again to put yours in its place, or cancel."
            ),
        )
        return self.render_to_response(self.get_context_data(form=form), status=409)

    def back(self) -> str:
        return reverse("agreements:agreement_draft", args=[self.agreement.pk])


def newest_version(actor: Actor, agreement_id: int) -> AgreementVersion:
    """Of those that the actor sees; ``NotFound`` when there is none."""
    agreement = fetch(
        Agreement.objects.visible_to(actor).select_related("mode", "framework__mode", "drafted_by"), pk=agreement_id
    )
    versions = AgreementVersion.objects.visible_to(actor).whole().filter(agreement=agreement)
    version = fetch(versions.order_by("-number")[:1])
    version.agreement = agreement
    return version


class AgreementFormView(ServiceFormView):
    """Title, mode, days and parties."""

    form_class = AgreementForm
    template_name = "agreements/draft_form.html"

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not any(name in request.POST for name in SEARCHES):
            return super().post(request, *args, **kwargs)
        form_kwargs = self.get_form_kwargs()
        typed, _files = form_kwargs.pop("data"), form_kwargs.pop("files")
        lists = {name: typed.getlist(name) for name in ("parties", "students")}
        form_kwargs["initial"] |= typed.dict() | lists
        return self.render_to_response(self.get_context_data(form=self.form_class(**form_kwargs)))


class AgreementCreate(AgreementFormView):
    title = _("Draft an agreement")
    submit_label = _("Save the draft")
    success_message = _("The draft is saved. Nobody else sees it before you submit it.")

    def prepare(self) -> None:
        can_draft(self.actor).require()

    def get_initial(self) -> dict[str, Any]:
        """With ``?mode=``: that mode."""
        code = self.request.GET.get("mode", "").replace("\x00", "")
        mode = Mode.objects.visible_to(self.actor).in_use().filter(pk=code).first() if code else None
        return {"mode": mode} if mode else {}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        crumbs = [{"label": _("Agreements"), "url": reverse("agreements:agreement_list")}]
        return super().get_context_data(**{"crumbs": crumbs, "cancel": crumbs[0]["url"]} | kwargs)

    def perform(self, form: AgreementForm) -> str:
        agreement = agreement_draft(self.actor, **form.values())
        return reverse("agreements:agreement_draft", args=[agreement.pk])


class AgreementEdit(AgreementFormView, OneDraft):
    title = _("Title, days and parties")

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"version": self.version}

    def get_initial(self) -> dict[str, Any]:
        terms = self.version.said
        rows = self.agreement.parties.filter(pk__in=terms.party_ids).select_related("organization", "student")
        fixed = {self.actor.organization_id, self.version.drafted_by_id, self.agreement.drafted_by_id}
        organizations = [row.organization for row in rows if row.organization_id and row.organization_id not in fixed]
        return super().get_initial() | {
            "title": terms.title,
            "mode": self.agreement.mode,
            "framework": self.agreement.framework,
            "starts_on": terms.starts_on,
            "ends_on": terms.ends_on,
            "sign_until": self.version.sign_until,
            "note": self.version.note,
            "parties": organizations,
            "students": [row.student for row in rows if row.student],
        }

    def perform(self, form: AgreementForm) -> str:
        revision = form.cleaned_data["revision"]
        version_revise(self.actor, version_id=self.version.pk, expected_revision=revision, **form.values())
        return self.back()


class AgreementPropose(OneAgreement):
    """A draft that changes an agreement in force; ``?kind=renewal`` chooses the renewal."""

    form_class = ProposeForm
    title = _("Propose a change")
    submit_label = _("Start the draft")
    success_message = _("The draft says what holds now. Change it, then submit it.")

    def decide(self, actor: Actor) -> Decision:
        return can_amend(actor, self.agreement)

    def get_initial(self) -> dict[str, Any]:
        return {"kind": self.request.GET.get("kind", AgreementVersion.Kind.AMENDMENT)}

    def perform(self, form: ProposeForm) -> str:
        version_propose(self.actor, agreement_id=self.agreement.pk, **form.cleaned_data)
        return reverse("agreements:agreement_draft", args=[self.agreement.pk])


@require_safe
def draft_page(request: PortalRequest, pk: int) -> HttpResponse:
    """The parts of the open draft, what is still missing, and the button that submits it."""
    version = newest_version(request.actor, pk)
    if version.state != AgreementVersion.State.DRAFT:
        return redirect("agreements:agreement_detail", pk=pk)
    missing = gaps(version)
    edit = can_edit(request.actor, version)
    return render(
        request,
        "agreements/draft_page.html",
        {
            "agreement": version.agreement,
            "version": version,
            "terms": version.said,
            "text": reading_of(version, None),
            "parts": _parts(version, missing),
            "duties": _duties(version),
            "edit": edit,
            "submit": edit and _may_submit(version, missing),
            "crumbs": [
                {"label": _("Agreements"), "url": reverse("agreements:agreement_list")},
                {"label": version.agreement.title, "url": reverse("agreements:agreement_detail", args=[pk])},
            ],
        },
    )


def _may_submit(version: AgreementVersion, missing: dict[str, list[str]]) -> Decision:
    framework = version.agreement.framework
    covered = opens(framework, version.agreement.mode_id) if framework else ALLOWED
    if not covered:
        return covered
    count = sum(len(texts) for texts in missing.values())
    if count:
        text = ngettext("%(count)d thing is missing.", "%(count)d things are missing.", count)
        return Decision(False, text % {"count": count})
    return ALLOWED


def _parts(version: AgreementVersion, missing: dict[str, list[str]]) -> list[dict[str, Any]]:
    """Name, icon, what it says now, address of the page that changes it, what is missing."""
    terms = version.said
    days = gettext("%(first)s to %(last)s") % {"first": _day(terms.starts_on), "last": _day(terms.ends_on)}
    until = gettext("to be signed by %(day)s") % {"day": _day(version.sign_until)}
    clauses = ngettext("%(count)d clause", "%(count)d clauses", len(terms.clauses)) % {"count": len(terms.clauses)}
    files = ngettext("%(count)d file", "%(count)d files", len(terms.attachments)) % {"count": len(terms.attachments)}
    signers = ngettext("%(count)d signature", "%(count)d signatures", len(version.circuit))
    turns = len({signer.order for signer in version.circuit})
    order = gettext("in any order") if turns < 2 else gettext("in %(turns)d turns") % {"turns": turns}
    notice = gettext("%(days)d days of notice") % {"days": terms.notice_days}
    filled = [text for word in version.agreement.mode.words if (text := (terms.values or {}).get(word))]
    names = {named.party: named.name for named in terms.parties}
    shares = [
        gettext("%(party)s: %(benefit)s %% of the benefits, %(risk)s %% of the risks")
        % {"party": names[share.party], "benefit": figure(share.benefit), "risk": figure(share.risk)}
        for share in terms.shares
    ]
    rows = [
        (
            ("agreement_edit", "calendar", _("Title, days and parties")),
            [days, gettext(", ").join(names.values()), until],
            ("ends_on", "sign_until", "framework"),
        ),
        (("agreement_clauses", "file-text", _("Text")), [clauses], ("clauses",)),
        (("agreement_values", "hourglass", _("Days and names in the text")), [notice, *filled], ("values",)),
        (
            ("agreement_signers", "signature", _("Signers")),
            [signers % {"count": len(version.circuit)}, order],
            ("signers",),
        ),
        (("agreement_shares", "percentage", _("Shares")), shares or [gettext("none agreed")], ()),
        (("agreement_attachments", "paperclip", _("Attachments")), [files], ()),
    ]
    return [
        {
            "url": reverse(f"agreements:{page}", args=[version.agreement_id]),
            "icon": icon,
            "name": name,
            "says": says,
            "missing": [text for key in keys for text in missing.get(key, [])],
        }
        for (page, icon, name), says, keys in rows
    ]


def _day(day: Any) -> str:
    return date_format(day, "DATE_FORMAT")


def _duties(version: AgreementVersion) -> list[dict[str, Any]]:
    terms = version.said
    names = {named.party: named.name for named in terms.parties}
    return [{"duty": duty, "party": names[duty.party]} for duty in terms.duties]
