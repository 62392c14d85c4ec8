from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.agreements.models import Agreement
from apps.core.actor import Actor
from apps.core.forms import DateInput, LongTextInput
from apps.organizations.models import Organization, Region

from .models import Base, Intake, Position


class RegionChoice(forms.ModelChoiceField):
    def label_from_instance(self, region: Any) -> str:
        return f"{region.code} {region.name}"


class BaseTextForm(forms.ModelForm):
    """What can be changed of a base once it is set up."""

    class Meta:
        model = Base
        fields = ["name", "name_en", "address", "description"]
        widgets = {"description": LongTextInput}


class BaseForm(BaseTextForm):
    """A new base, under an agreement of the acting organization that is in force."""

    takes_actor = True

    agreement = forms.ModelChoiceField(
        Agreement.objects.none(),
        label=_("Agreement"),
        help_text=_(
            "Agreements of your organization that are in force and open bases. Its other parties are the partners of the base."
        ),
    )
    region = RegionChoice(
        Region.objects.none(), label=_("Region"), help_text=_("The prefecture, or the county in your own province.")
    )

    class Meta(BaseTextForm.Meta):
        fields = ["agreement", "kind", "name", "name_en", "region", "address", "description"]

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        agreements = Agreement.objects.visible_to(actor).with_party(actor.organization_id)
        agreements = agreements.filter(mode__opens__contains=["base"])
        self.fields["agreement"].queryset = agreements.in_force_on(timezone.localdate())  # type: ignore[attr-defined]  # a model choice field
        own = Organization.objects.values_list("region_id", flat=True).get(pk=actor.organization_id)
        near = Q(level__lte=Region.Level.PREFECTURE) | Q(code__startswith=(own or "-")[:2])
        self.fields["region"].queryset = Region.objects.filter(near)  # type: ignore[attr-defined]  # a model choice field
        self.fields["region"].initial = own

    def values(self) -> dict[str, Any]:
        """What the service takes."""
        data = dict(self.cleaned_data)
        return data | {"agreement_id": data.pop("agreement").pk, "region_code": data.pop("region").pk}


class IntakeForm(forms.ModelForm):
    class Meta:
        model = Intake
        fields = ["title", "selection", "closes_on", "starts_on", "ends_on"]
        widgets = {
            "selection": forms.RadioSelect,
            "closes_on": DateInput,
            "starts_on": DateInput,
            "ends_on": DateInput,
        }


class PositionForm(forms.ModelForm):
    class Meta:
        model = Position
        fields = ["title", "tasks", "places"]
        widgets = {"tasks": LongTextInput(attrs={"rows": 4})}
