from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from apps.bases.models import Base
from apps.core.actor import Actor
from apps.core.forms import DateInput, LongTextInput, ScoreInput
from apps.core.templatetags.components import figure

from .models import Criterion, EvaluationPlan, EvaluationScheme
from .services.schemes import MAX_CRITERIA

CRITERION_FIELDS = ("title", "standard", "weight")
SPARE_ROWS = 4


class SchemeForm(forms.Form):
    """The title and rows of criteria, a few of them empty: whoever needs more saves the draft and comes back."""

    title = forms.CharField(label=_("Title"), max_length=EvaluationScheme._meta.get_field("title").max_length)

    def __init__(self, *args: Any, criteria: Iterable[Criterion] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        present = list(criteria)
        used = max([len(present), *(int(name.split(".")[1]) + 1 for name in self.data if _is_row(name))])
        self.row_count = min(used + (0 if self.is_bound else SPARE_ROWS), MAX_CRITERIA)
        for row in range(self.row_count):
            criterion = present[row] if row < len(present) else None
            for name, field in forms.fields_for_model(Criterion, CRITERION_FIELDS).items():
                field.required = self._is_used(row) if self.is_bound else criterion is not None
                field.help_text = ""
                field.initial = getattr(criterion, name, None)
                self.fields[f"criteria.{row}.{name}"] = field

    def _is_used(self, row: int) -> bool:
        """Whether something was written in the row: then all of it is needed."""
        return any(self.data.get(f"criteria.{row}.{name}", "").strip() for name in CRITERION_FIELDS)

    def rows(self) -> list[list[forms.BoundField]]:
        """The inputs, one list for each criterion."""
        return [[self[f"criteria.{row}.{name}"] for name in CRITERION_FIELDS] for row in range(self.row_count)]

    def used_rows(self) -> list[int]:
        """The numbers of the rows in which something was written."""
        return [row for row in range(self.row_count) if self._is_used(row)]

    def criteria(self) -> list[dict[str, Any]]:
        """What the services take: the rows in which something was written."""
        return [
            {name: self.cleaned_data[f"criteria.{row}.{name}"] for name in CRITERION_FIELDS} for row in self.used_rows()
        ]

    def by_row(self, error: ValidationError) -> ValidationError:
        """The same error with the positions of the criteria replaced by the numbers of their rows."""
        rows = self.used_rows()
        errors = {}
        for key, problems in error.error_dict.items():
            if _is_row(key):
                criteria, position, name = key.split(".")
                key = f"{criteria}.{rows[int(position)]}.{name}"
            errors[key] = problems
        return ValidationError(errors)


def _is_row(name: str) -> bool:
    parts = name.split(".")
    return (
        len(parts) == 3
        and parts[0] == "criteria"
        and parts[1] in {str(row) for row in range(MAX_CRITERIA)}
        and parts[2] in CRITERION_FIELDS
    )


class PlanForm(forms.ModelForm):
    takes_actor = True

    class Meta:
        model = EvaluationPlan
        fields = ["base", "cadence", "first_due_on", "ends_on", "days_open"]
        widgets = {"first_due_on": DateInput, "ends_on": DateInput}
        help_texts = {
            "first_due_on": _("A month keeps its day: after 31 January come 28 February and 31 March."),
            "days_open": _("From the day of the round, or the day it is opened if that is later."),
        }

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        base = self.fields["base"]
        base.queryset = Base.objects.visible_to(actor)  # type: ignore[attr-defined]  # a model choice field
        base.empty_label = _("All bases")  # type: ignore[attr-defined]  # a model choice field

    def values(self) -> dict[str, Any]:
        """What the service takes."""
        data = dict(self.cleaned_data)
        base = data.pop("base")
        return data | {"base_id": base.pk if base else None}


class SheetForm(forms.Form):
    """Points for each criterion, with its weight and the standard it comes from, and a comment."""

    def __init__(self, *args: Any, criteria: Iterable[Criterion], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for criterion in criteria:
            weight = gettext("%(weight)s %% of the result") % {"weight": figure(criterion.weight)}
            self.fields[f"scores.{criterion.pk}"] = forms.DecimalField(
                label=criterion.title,
                help_text=format_html("{} · {}", weight, criterion.standard),
                min_value=0,
                max_value=100,
                max_digits=5,
                decimal_places=2,
                widget=ScoreInput(0, 100),
            )
        self.fields["comment"] = forms.CharField(
            label=_("Comment"),
            help_text=_("The student reads it when the round is closed."),
            required=False,
            max_length=2000,
            widget=LongTextInput({"rows": 4}),
        )

    def scores(self) -> dict[int, Decimal]:
        """The points by the id of their criterion."""
        cells = self.cleaned_data.items()
        return {int(name.removeprefix("scores.")): points for name, points in cells if name.startswith("scores.")}
