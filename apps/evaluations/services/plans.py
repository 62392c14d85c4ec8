"""Planning rounds."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.bases.models import Base
from apps.core.actor import Actor
from apps.core.errors import WrongState
from apps.core.services import fetch_locked, save_valid, service

from ..models import EvaluationPlan, EvaluationScheme
from ..policies import can_manage

OLDEST_FIRST_ROUND = timedelta(days=366)


@service
def plan_create(
    actor: Actor,
    *,
    scheme_id: int,
    cadence: str,
    first_due_on: date,
    ends_on: date,
    days_open: int = 7,
    base_id: int | None = None,
) -> EvaluationPlan:
    """Evaluate the placements at one base (or all) by a published scheme, from a first day on, until a last day.

    Due dates that have passed already are opened by the next tick of the schedule. ``WrongState`` for a draft of a scheme;
    ``ValidationError`` by field. A repeat with the same values returns the plan that is there.
    """
    scheme = fetch_locked(EvaluationScheme.objects.visible_to(actor), pk=scheme_id)
    can_manage(actor).require()
    if scheme.state != EvaluationScheme.State.PUBLISHED:
        raise WrongState(_("Publish the scheme first: a plan needs one that no longer changes."))
    if base_id is not None and not Base.objects.visible_to(actor).filter(pk=base_id).exists():
        raise ValidationError({"base": _("This base does not exist.")})
    if first_due_on < timezone.localdate() - OLDEST_FIRST_ROUND:
        raise ValidationError({"first_due_on": _("The first round lies more than a year back.")})
    values: dict[str, Any] = {
        "scheme": scheme,
        "base_id": base_id,
        "cadence": cadence,
        "first_due_on": first_due_on,
        "ends_on": ends_on,
        "days_open": days_open,
    }
    present = EvaluationPlan.objects.filter(**values).first()
    if present is not None:
        return present
    plan = EvaluationPlan(next_due_on=first_due_on, **values)
    save_valid(plan)
    return plan
