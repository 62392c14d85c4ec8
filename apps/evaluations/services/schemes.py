"""Drafting and publishing schemes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Sum
from django.utils.translation import gettext as _

from apps.core.actor import Actor
from apps.core.errors import WrongState
from apps.core.services import fetch_locked, move, save_valid, service

from ..models import Criterion, EvaluationScheme
from ..policies import can_manage

MAX_CRITERIA = 20


@service
def scheme_create(actor: Actor, *, title: str, criteria: Sequence[dict[str, Any]]) -> EvaluationScheme:
    """A draft of the acting university; each of ``criteria`` has ``title``, ``standard`` and ``weight`` in per cent.

    ``ValidationError`` by field, a criterion's under ``criteria.<position>.<field>``. A repeat is refused by the title.
    """
    can_manage(actor).require()
    scheme = EvaluationScheme(organization_id=actor.organization_id, title=title)
    save_valid(scheme)
    _set_criteria(scheme, criteria)
    return scheme


@service
def scheme_revise(actor: Actor, *, scheme_id: int, title: str, criteria: Sequence[dict[str, Any]]) -> EvaluationScheme:
    """Replace the title and the criteria of a draft; ``WrongState`` once published. Errors as ``scheme_create``."""
    scheme = fetch_locked(EvaluationScheme.objects.visible_to(actor), pk=scheme_id)
    can_manage(actor).require()
    if scheme.state != EvaluationScheme.State.DRAFT:
        raise WrongState(_("A published scheme no longer changes: results must stay comparable."))
    scheme.title = title
    save_valid(scheme)
    scheme.criteria.all().delete()
    _set_criteria(scheme, criteria)
    return scheme


def _set_criteria(scheme: EvaluationScheme, criteria: Sequence[dict[str, Any]]) -> None:
    if len(criteria) > MAX_CRITERIA:
        raise ValidationError({"criteria": _("A scheme has at most %(max)d criteria.") % {"max": MAX_CRITERIA}})
    rows = [Criterion(scheme=scheme, **values) for values in criteria]
    errors: dict[str, Any] = {}
    titles: set[str] = set()
    for index, row in enumerate(rows):
        try:
            row.clean_fields(exclude=["scheme"])
        except ValidationError as error:
            errors |= {f"criteria.{index}.{name}": problems for name, problems in error.error_dict.items()}
        if row.title in titles:
            errors[f"criteria.{index}.title"] = [_("The scheme has a criterion of this title already.")]
        titles.add(row.title)
    if errors:
        raise ValidationError(errors)
    Criterion.objects.bulk_create(rows)


@service
def scheme_publish(actor: Actor, *, scheme_id: int) -> EvaluationScheme:
    """Fix the scheme for ever, so that plans can use it; ``WrongState`` unless the weights add up to 100.

    A repeat returns the scheme as it is.
    """
    scheme = fetch_locked(EvaluationScheme.objects.visible_to(actor), pk=scheme_id)
    can_manage(actor).require()
    if scheme.state == EvaluationScheme.State.PUBLISHED:
        return scheme
    total = scheme.criteria.aggregate(total=Sum("weight", default=0))["total"]
    if total != 100:
        raise WrongState(_("The weights add up to %(total)s %%, not to 100 %%.") % {"total": total})
    move(scheme.publish)
    save_valid(scheme)
    return scheme
