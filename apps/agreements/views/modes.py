"""Pages of the modes of cooperation."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from apps.core.services import fetch
from apps.core.views import PortalRequest, ServiceFormView
from apps.organizations.models import Organization

from ..forms import ModeForm, TemplateForm
from ..models import Mode
from ..models.modes import SIGNING_KINDS
from ..policies import can_create_mode, can_draft, can_manage_mode
from ..services import mode_create, mode_retire, mode_revise, template_publish
from ..services.modes import openable

SIGNERS = dict(SIGNING_KINDS)


@require_safe
def mode_list(request: PortalRequest) -> HttpResponse:
    """What an agreement can be for, each with the button that starts a draft."""
    modes = Mode.objects.visible_to(request.actor).in_use().order_by("organization", "code")
    return render(
        request,
        "agreements/mode_list.html",
        {
            "modes": [(mode, _kinds(mode)) for mode in modes],
            "draft": can_draft(request.actor),
            "create": can_create_mode(request.actor),
        },
    )


@require_safe
def mode_detail(request: PortalRequest, pk: str) -> HttpResponse:
    """What the mode asks, and the newest version of its text in both languages."""
    mode = fetch(Mode.objects.visible_to(request.actor).select_related("organization"), pk=pk)
    return render(
        request,
        "agreements/mode_detail.html",
        {
            "mode": mode,
            "kinds": _kinds(mode),
            "order": [SIGNERS[kind] for kind in mode.signing_order],
            "opens": [words for code, words in openable(request.actor) if code in mode.opens],
            "template": mode.templates.first(),
            "draft": can_draft(request.actor),
            "manage": can_manage_mode(request.actor, mode),
        },
    )


def _kinds(mode: Mode) -> list[str]:
    """The required parties in words."""
    labels = dict(Organization.Kind.choices)
    return [gettext(" or ").join(str(labels[kind]) for kind in wanted.split("|")) for wanted in mode.party_kinds]


class ModeCreate(ServiceFormView):
    form_class = ModeForm
    title = _("Add a mode of cooperation")
    submit_label = _("Save")
    success_message = _("The mode is saved. Write the text from which its drafts start.")

    def prepare(self) -> None:
        can_create_mode(self.actor).require()

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"instance": Mode()}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        crumbs = [{"label": _("Cooperation modes"), "url": reverse("agreements:mode_list")}]
        return super().get_context_data(crumbs=crumbs, cancel=crumbs[0]["url"], **kwargs)

    def perform(self, form: ModeForm) -> str:
        mode = mode_create(self.actor, values=form.values())
        return reverse("agreements:mode_template", args=[mode.pk])


class OneMode(ServiceFormView):
    """A form about one mode."""

    submit_label = _("Save")

    def prepare(self) -> None:
        self.mode = fetch(Mode.objects.visible_to(self.actor), pk=self.kwargs["pk"])
        can_manage_mode(self.actor, self.mode).require()

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        crumbs = [
            {"label": _("Cooperation modes"), "url": reverse("agreements:mode_list")},
            {"label": str(self.mode), "url": self.back()},
        ]
        return super().get_context_data(crumbs=crumbs, cancel=self.back(), **kwargs)

    def back(self) -> str:
        return reverse("agreements:mode_detail", args=[self.mode.pk])


class ModeEdit(OneMode):
    form_class = ModeForm
    title = _("Change the mode")
    success_message = _("The mode is saved. It holds for new drafts.")

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"instance": self.mode}

    def perform(self, form: ModeForm) -> str:
        mode_revise(self.actor, code=self.mode.pk, values=form.values())
        return self.back()


class TemplateEdit(OneMode):
    form_class = TemplateForm
    title = _("Text of the mode")
    submit_label = _("Publish as a new version")
    success_message = _("New drafts start from this text. Agreements that exist keep theirs.")

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"mode": self.mode}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        blanks = gettext(", ").join(f"{{{name}}}" for name in self.mode.blanks)
        lead = gettext("Blanks are written in braces: %(blanks)s.") % {"blanks": blanks}
        return super().get_context_data(lead=lead, **kwargs)

    def perform(self, form: TemplateForm) -> str:
        template_publish(self.actor, code=self.mode.pk, clauses=form.clauses())
        return self.back()


@require_POST
def mode_retire_act(request: PortalRequest, pk: str) -> HttpResponse:
    mode_retire(request.actor, code=pk)
    messages.success(request, _("No draft takes this mode any more."))
    return redirect("agreements:mode_list")
