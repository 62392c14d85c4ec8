"""How every form of the portal is rendered, and the inputs that Django does not have."""

from __future__ import annotations

from typing import Any

from django import forms
from django.forms.boundfield import BoundField
from django.forms.renderers import TemplatesSetting
from django.utils.translation import gettext_lazy as _

RATING_WORDS = {
    1: _("Poor"),
    2: _("Weak"),
    3: _("Fair"),
    4: _("Good"),
    5: _("Excellent"),
}


class PortalBoundField(BoundField):
    """A bound field that knows where a link in the error summary must lead."""

    @property
    def focus_id(self) -> str:
        """The id of the first input of the field: the first radio button, the first part of a date and time."""
        widget = self.field.widget
        if isinstance(widget, forms.MultiWidget | forms.RadioSelect | forms.CheckboxSelectMultiple):
            return f"{self.auto_id}_0"
        return self.auto_id

    @property
    def is_group(self) -> bool:
        """Whether the field has several inputs and is therefore named by a legend."""
        return self.use_fieldset and not isinstance(self.field.widget, forms.FileInput)

    @property
    def is_checkbox(self) -> bool:
        return isinstance(self.field.widget, forms.CheckboxInput)


class PortalFormRenderer(TemplatesSetting):
    """``FORM_RENDERER``: ``{{ form }}`` and ``{{ field.as_field_group }}`` give the portal's markup."""

    form_template_name = "core/forms/form.html"
    formset_template_name = "core/forms/formset.html"
    field_template_name = "core/forms/field.html"
    bound_field_class = PortalBoundField


class RatingInput(forms.RadioSelect):
    """Five large radio buttons, each a number and a word. ``RatingField`` uses it; so may an ``IntegerField``."""

    template_name = "core/forms/rating.html"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs, choices=list(RATING_WORDS.items()))


class RatingField(forms.TypedChoiceField):
    """A rating from 1 to 5; cleans to ``int``, or to ``None`` when it may be left out and was."""

    widget = RatingInput

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(choices=list(RATING_WORDS.items()), coerce=int, empty_value=None, **kwargs)


class ScoreInput(forms.NumberInput):
    """A number with a slider beside it; the slider is added by script and changes nothing without it."""

    template_name = "core/forms/score.html"

    def __init__(self, lowest: int = 0, highest: int = 100, step: float = 1) -> None:
        super().__init__({"min": lowest, "max": highest, "step": step, "inputmode": "decimal"})


class DateInput(forms.DateInput):
    """The browser's own date picker."""

    input_type = "date"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs, format="%Y-%m-%d")


class DateTimeInput(forms.DateTimeInput):
    """The browser's own picker of a date and a time."""

    input_type = "datetime-local"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs, format="%Y-%m-%dT%H:%M")


class LongTextInput(forms.Textarea):
    """A text that is kept in the browser while it is being written, until the form has been saved."""

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__({"data-autosave": "", "rows": 6} | (attrs or {}))
