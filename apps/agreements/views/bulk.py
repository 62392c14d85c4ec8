"""Everything that waits for the actor's signature, and the one act that signs what they choose."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from apps.core.actor import Actor
from apps.core.services import require_confirmed
from apps.core.views import ServiceFormView

from ..events import Group, groups_of
from ..evidence import evidence_of
from ..forms.bulk import SignManyForm
from ..models import Agreement, AgreementVersion
from ..policies import can_sign_many
from ..services.bulk import MOST, agreements_sign_ask

LISTED = 200


class SignMany(ServiceFormView):
    form_class = SignManyForm
    template_name = "agreements/sign_many.html"
    title = _("Sign agreements")
    submit_label = _("Sign")

    def prepare(self) -> None:
        can_sign_many(self.actor).require()
        require_confirmed(self.actor)
        groups = _groups(self.actor)
        chosen = next((group for group in groups if group.key == self.request.GET.get("group")), None)
        self.chips = _chips(groups, chosen)
        self.rows = _waiting(self.actor).order_by("sign_until", "pk")
        if chosen is not None:
            self.rows = self.rows.filter(agreement__in=chosen.agreements)
        self.waiting = dict(self.rows.values_list("pk", "revision")[:MOST])

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"waiting": self.waiting}

    def form_invalid(self, form: Any) -> HttpResponse:
        """What came in since is not offered: the list stays the one that was shown."""
        self.rows = self.rows.filter(pk__in=form.seen)
        self.waiting = form.seen
        return super().form_invalid(form)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        page = {
            "rows": self.rows.select_related("agreement__mode", "agreement__framework", "drafted_by").defer("terms")[
                :LISTED
            ],
            "count": len(self.waiting),
            "listed": min(LISTED, len(self.waiting)),
            "chips": self.chips,
            "crumbs": [{"label": _("Agreements"), "url": reverse("agreements:agreement_list")}],
            "cancel": reverse("agreements:agreement_list"),
        }
        return super().get_context_data(**page | kwargs)

    def perform(self, form: SignManyForm) -> str:
        job = agreements_sign_ask(self.actor, shown=form.signed(), evidence=evidence_of(self.request))
        return reverse("jobs:run_detail", args=[job.pk])


def _waiting(actor: Actor) -> QuerySet[AgreementVersion]:
    return AgreementVersion.objects.visible_to(actor).asked_of(actor)


def _groups(actor: Actor) -> list[Group]:
    """Framework agreements of what waits, and what the apps above know to belong together."""
    waiting = _waiting(actor).values("agreement")
    frameworks = Agreement.objects.filter(individual_agreements__in=waiting).distinct().order_by("title", "pk")
    own = [
        Group(f"framework-{row.pk}", row.title, Agreement.objects.filter(framework=row).values("pk"))
        for row in frameworks
    ]
    return [*own, *groups_of(actor, waiting)]


def _chips(groups: list[Group], chosen: Group | None) -> list[dict[str, Any]]:
    address = reverse("agreements:sign_many")
    everything = {"label": _("All"), "url": address, "active": chosen is None}
    rest = [
        {"label": group.label, "url": f"{address}?group={group.key}", "active": group is chosen} for group in groups
    ]
    return [everything, *rest] if rest else []
