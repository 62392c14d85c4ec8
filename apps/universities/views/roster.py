"""Pages of roster imports: the files, a new one, its columns and what came of it."""

from __future__ import annotations

import re
from itertools import islice
from typing import Any

from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from apps.core.actor import Actor
from apps.core.errors import ALLOWED, Decision, WrongState
from apps.core.lists import ActorListView, choice_chips
from apps.core.services import fetch
from apps.core.views import PortalRequest, ServiceFormView

from ..filters import RosterImportFilter
from ..forms import ColumnsForm, UploadForm
from ..identity import folded, masked
from ..models import RosterImport
from ..policies import can_keep_roster
from ..services.imports import (
    open_roster,
    roster_import_check,
    roster_import_commit,
    roster_import_revise,
    roster_import_upload,
)

PREVIEWED = 10
LIKE_IDENTITY = re.compile(r"\d{14,17}[\dX]", re.ASCII)


class RosterList(ActorListView):
    queryset = RosterImport.objects.select_related("created_by", "commit_job")
    filterset_class = RosterImportFilter
    template_name = "universities/roster_list.html"

    def decide(self, actor: Actor) -> Decision:
        return can_keep_roster(actor)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        chips = choice_chips(self.request, "kind", RosterImport.Kind.choices, _("All"))
        return super().get_context_data(chips=chips, **kwargs)


class RosterUpload(ServiceFormView):
    form_class = UploadForm
    title = _("Import a roster")
    submit_label = _("Upload")

    def prepare(self) -> None:
        can_keep_roster(self.actor).require()

    def perform(self, form: Any) -> str:
        file = form.cleaned_data["file"]
        roster = roster_import_upload(self.actor, kind=form.cleaned_data["kind"], file=file, file_name=file.name)
        return reverse("universities:roster_detail", args=[roster.pk])

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        address = reverse("universities:roster_list")
        lead = _("Students, teachers, programmes or classes as Excel or CSV, with headings in the first row.")
        crumbs = [{"label": _("Roster imports"), "url": address}]
        return super().get_context_data(crumbs=crumbs, cancel=address, lead=lead, **kwargs)


class RosterDetail(ServiceFormView):
    """The first rows, and which column is what; saving it begins the check."""

    form_class = ColumnsForm
    template_name = "universities/roster_detail.html"
    roster: RosterImport

    def prepare(self) -> None:
        can_keep_roster(self.actor).require()
        rows = RosterImport.objects.visible_to(self.actor).select_related("check_job", "commit_job")
        self.roster = fetch(rows, pk=self.kwargs["pk"])
        self.header: list[str] = []
        self.sheets: list[str] = []
        self.preview: list[tuple[int, list[str]]] = []
        self.trouble = ""
        if self.roster.committed_at is None:
            self._look()

    def _look(self) -> None:
        try:
            with open_roster(self.roster) as table:
                self.header, self.sheets = table.header, table.sheets
                width = len(table.header)
                for number, cells in islice(table.rows, PREVIEWED):
                    texts = [_shown(cell.text) for cell in cells][:width]
                    self.preview.append((number, texts + [""] * (width - len(texts))))
        except ValidationError as error:
            self.trouble = " ".join(error.messages)
        except WrongState as error:
            self.trouble = str(error.reason)

    def get_form_kwargs(self) -> dict[str, Any]:
        more = {"roster": self.roster, "header": self.header, "sheets": self.sheets}
        return super().get_form_kwargs() | more

    def perform(self, form: Any) -> str:
        roster = roster_import_revise(self.actor, import_id=self.roster.pk, **form.values())
        job = roster_import_check(self.actor, import_id=roster.pk)
        return reverse("jobs:run_detail", args=[job.pk])

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        crumbs = [{"label": _("Roster imports"), "url": reverse("universities:roster_list")}]
        unchecked = Decision(False, _("Check the file first: only a file without errors is taken over."))
        return super().get_context_data(
            roster=self.roster,
            header=self.header,
            preview=self.preview,
            trouble=self.trouble,
            commit=ALLOWED if self.roster.is_sound else unchecked,
            crumbs=crumbs,
            **kwargs,
        )


def _shown(text: str) -> str:
    """A cell as the preview shows it: what looks like an identity number is masked."""
    number = folded(text)
    return masked(number) if LIKE_IDENTITY.fullmatch(number) else text


@require_POST
def roster_commit(request: PortalRequest, pk: int) -> HttpResponse:
    job = roster_import_commit(request.actor, import_id=pk)
    return redirect("jobs:run_detail", job.pk)
