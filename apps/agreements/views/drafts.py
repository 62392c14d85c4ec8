"""Pages of drafts: what a version says and who shall sign it."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from apps.core.actor import Actor
from apps.core.errors import Decision
from apps.core.services import fetch
from apps.core.views import ServiceFormView

from ..forms import AgreementForm
from ..models import Agreement, AgreementVersion, Mode
from ..policies import can_draft, can_edit
from ..services import agreement_draft, version_revise


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
        self.agreement = fetch(Agreement.objects.visible_to(self.actor).select_related("mode"), pk=self.kwargs["pk"])
        versions = AgreementVersion.objects.visible_to(self.actor).whole().filter(agreement=self.agreement)
        self.version = fetch(versions.order_by("-number")[:1])
        self.version.agreement = self.agreement
        self.decide(self.actor).require()

    def decide(self, actor: Actor) -> Decision:
        return can_edit(actor, self.version)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**{"version": self.version} | kwargs)


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
        """With ``?mode=``: that mode."""
        code = self.request.GET.get("mode", "")
        mode = Mode.objects.visible_to(self.actor).in_use().filter(pk=code).first() if code else None
        return {"mode": mode} if mode else {}

    def perform(self, form: AgreementForm) -> str:
        agreement = agreement_draft(self.actor, **form.values())
        return reverse("agreements:agreement_detail", args=[agreement.pk])


class AgreementEdit(AgreementFormView, OneVersion):
    title = _("Change the draft")
    submit_label = _("Save the draft")
    success_message = _("The draft is saved.")

    def get_form_kwargs(self) -> dict[str, Any]:
        others = self.agreement.organizations.exclude(pk=self.agreement.drafted_by_id)
        initial = {"parties": list(others), "revision": self.version.revision}
        return super().get_form_kwargs() | {"instance": self.agreement, "initial": initial}

    def perform(self, form: AgreementForm) -> str:
        revision = form.cleaned_data["revision"]
        version_revise(self.actor, version_id=self.version.pk, expected_revision=revision, **form.values())
        return self.back()
