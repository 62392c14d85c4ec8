"""The list of agreements."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from apps.core.actor import Actor
from apps.core.errors import Decision, NotFound
from apps.core.exports import csv_response, xlsx_response
from apps.core.lists import ActorListView, choice_chips
from apps.organizations.models import Role

from ..filters import AgreementFilter
from ..models import Agreement
from ..policies import can_draft
from ..rows import missing_of, with_missing, with_parties

FORMATS = [("xlsx", _("Excel (.xlsx)")), ("csv", "CSV")]
HEADS = [
    _("Number"),
    _("Title"),
    _("Mode"),
    _("Framework agreement"),
    _("Parties"),
    _("From"),
    _("Until"),
    _("State"),
    _("Signature missing of"),
    _("Since"),
    _("To be signed by"),
]


class AgreementList(ActorListView):
    """What the actor sees; with ``?format=csv|xlsx`` all that the filters leave, as a file."""

    queryset = Agreement.objects.select_related("mode")
    filterset_class = AgreementFilter
    template_name = "agreements/agreement_list.html"

    def decide(self, actor: Actor) -> Decision:
        return Decision(actor.may("view_agreements") or actor.role == Role.STUDENT)

    def get_rows(self, actor: Actor) -> QuerySet[Any]:
        return with_missing(with_parties(super().get_rows(actor), actor), actor)

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        wanted = request.GET.get("format", "")
        if not wanted:
            return super().dispatch(request, *args, **kwargs)
        if wanted not in dict(FORMATS):
            raise NotFound
        self.decide(request.actor).require()
        rows = AgreementFilter(request.GET, queryset=self.get_rows(request.actor), request=request).qs
        lines = self.lines(rows.order_by("pk").iterator(chunk_size=500))
        return (csv_response if wanted == "csv" else xlsx_response)("agreements", [str(head) for head in HEADS], lines)

    def lines(self, rows: Iterator[Agreement]) -> Iterator[list[Any]]:
        for row in rows:
            missing = missing_of(row)
            yield [
                row.number,
                row.title,
                str(row.mode),
                f"AG-{row.framework_id:06d}" if row.framework_id else "",
                "; ".join(str(party) for party in row.seen_parties),
                row.starts_on,
                row.last_day or row.ends_on,
                row.get_state_display(),
                "; ".join(missing.who) if missing else "",
                missing.since.date() if missing else "",
                missing.until if missing else "",
            ]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        query = self.request.GET.copy()
        exports = []
        for code, label in FORMATS:
            query["format"] = code
            exports.append({"label": label, "url": f"{self.request.path}?{query.urlencode()}"})
        context = super().get_context_data(
            chips=self._chips(), exports=exports, draft=can_draft(self.request.actor), **kwargs
        )
        for row in context["page"].rows:
            row.missing = missing_of(row)
        return context

    def _chips(self) -> list[dict[str, Any]]:
        """The states, and before them what waits for the actor."""
        chips = choice_chips(self.request, "state", Agreement.State.choices, _("All"))
        mine = choice_chips(self.request, "signature", [("mine", _("Waits for my signature"))], _("All"))[1]
        return [chips[0], mine, *chips[1:]]
