"""At a glance: four numbers and a chart for those who do not run the chain themselves."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from apps.agreements.models import Agreement
from apps.core.actor import Actor
from apps.core.templatetags.components import figure
from apps.placements.models import Placement
from apps.reporting.policies import can_view_reports, reportable_to
from apps.reporting.services import placement_figures
from apps.reporting.tables import hours_chart

from .navigation import runs_placements

PERIOD = timedelta(days=152)
"""Back to the month that makes six of them with this one."""


@dataclass(frozen=True, slots=True)
class Number:
    label: str | Promise
    value: Any
    url: str


@dataclass(frozen=True, slots=True)
class Glance:
    numbers: list[Number]
    chart: Any


def glance_of(actor: Actor) -> Glance | None:
    """The figures of the last six months; ``None`` for those whose home page is work, and for who sees no reports."""
    if not can_view_reports(actor) or runs_placements(actor):
        return None
    today = timezone.localdate()
    report_url, agreements_url = reverse("reporting:placements"), reverse("agreements:agreement_list")
    report = placement_figures(actor, month_from=today - PERIOD, month_to=today)
    in_force = Agreement.objects.visible_to(actor).in_force_on(today).count()
    running = reportable_to(actor).filter(state=Placement.State.ACTIVE).count()
    mean = "–" if report.mean_score is None else figure(report.mean_score)
    return Glance(
        numbers=[
            Number(_("Agreements in force"), in_force, agreements_url),
            Number(_("Active placements"), running, report_url),
            Number(_("Hours logged in six months"), figure(report.hours), report_url),
            Number(_("Mean score in six months"), mean, report_url),
        ],
        chart=hours_chart(report.rows),
    )
