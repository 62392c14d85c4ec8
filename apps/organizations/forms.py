from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.urls import reverse_lazy
from django.utils.functional import Promise
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from apps.core.actor import Actor
from apps.core.uploads import DOCUMENT, SPREADSHEET, UploadField

from .models import Invitation, Membership, Organization, Region, Role, Unit
from .numbers import COUNTRY_CHOICES
from .policies import can_invite_organizations
from .regions import regions_matching


class UnitField(forms.TypedChoiceField):
    """One of the open units of the acting organization, indented by its depth; cleans to its key, or to ``None``."""

    def __init__(self, *, nothing: str | Promise, **kwargs: Any) -> None:
        self.nothing = nothing
        super().__init__(coerce=int, empty_value=None, required=False, **kwargs)

    def offer(self, actor: Actor, without: Unit | None = None) -> None:
        """Offer the open units but for ``without`` and those below it."""
        units = Unit.objects.visible_to(actor).open()
        if without is not None:
            units = units.exclude(pk__in=Unit.objects.below(without.pk))
        indented = [(unit.pk, "\u2003" * depth + str(unit)) for depth, unit in in_order(units)]
        self.choices = [("", self.nothing), *indented]


def in_order(units: Any) -> list[tuple[int, Unit]]:
    """Units as an indented list: each with its depth, the children after their parent, by name. One statement."""
    below: dict[int | None, list[Unit]] = {}
    known = {unit.pk: unit for unit in units}
    for unit in known.values():
        below.setdefault(unit.parent_id if unit.parent_id in known else None, []).append(unit)
    found: list[tuple[int, Unit]] = []
    waiting = [(0, unit) for unit in reversed(below.get(None, []))]
    while waiting:
        depth, unit = waiting.pop()
        found.append((depth, unit))
        waiting += [(depth + 1, child) for child in reversed(below.get(unit.pk, []))]
    return found


class UnitNameForm(forms.ModelForm):
    class Meta:
        model = Unit
        fields = ["name", "name_en"]


class UnitForm(UnitNameForm):
    takes_actor = True

    parent = UnitField(label=_("Part of"), nothing=_("nothing: it stands at the top"))

    field_order = ["parent", "name", "name_en"]

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["parent"].offer(actor)  # type: ignore[attr-defined]  # a UnitField


class UnitMoveForm(forms.Form):
    takes_actor = True

    parent = UnitField(label=_("Part of"), nothing=_("nothing: it stands at the top"))

    def __init__(self, *args: Any, actor: Actor, unit: Unit, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["parent"].offer(actor, without=unit)  # type: ignore[attr-defined]  # a UnitField


class MemberUnitForm(forms.Form):
    takes_actor = True

    unit = UnitField(label=_("Unit"), nothing=_("no unit"))

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["unit"].offer(actor)  # type: ignore[attr-defined]  # a UnitField


class SuccessorField(forms.ModelChoiceField):
    def label_from_instance(self, obj: Membership) -> str:
        return f"{obj.user.name} · {obj.title}" if obj.title else obj.user.name


class SuccessorForm(forms.Form):
    """Who takes over the open work of a member who leaves."""

    successor = SuccessorField(
        Membership.objects.none(),
        label=_("Who takes over"),
        help_text=_("A current member in the same role. They are told."),
        empty_label=_("Choose a member"),
        required=False,
    )

    def __init__(self, *args: Any, successors: Any, required: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["successor"].required = required
        self.fields["successor"].queryset = successors  # type: ignore[attr-defined]  # a model choice field


class RegionInput(forms.TextInput):
    """A text with suggestions; without script, the name or the code is typed."""

    template_name = "organizations/region_input.html"

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        context["search_url"] = reverse_lazy("organizations:region_search")
        return context


class RegionField(forms.CharField):
    """A region by its code, its name, or both; cleans to the code."""

    widget = RegionInput
    most = 6

    def clean(self, value: Any) -> str | None:
        text = super().clean(value)
        if not text:
            return None
        if text[:6].isascii() and text[:6].isdecimal():
            found = list(Region.objects.filter(code=text[:6]))
        else:
            found = list(regions_matching(text)[: self.most + 1])
            exact = [region for region in found if region.name == text]
            found = exact if len(exact) == 1 else found
        if not found:
            raise ValidationError(_now("No region is called that. Type its name in Chinese or its code of six digits."))
        if len(found) > 1:
            names = ", ".join(f"{region.code} {region.name}" for region in found[: self.most])
            raise ValidationError(_now("Several regions fit: %(names)s. Type the code.") % {"names": names})
        return found[0].code


class RegistrationForm(forms.Form):
    """An organization as its first administrator describes it."""

    kind = forms.ChoiceField(label=_("Kind"), choices=Organization.Kind.choices)
    country = forms.ChoiceField(label=_("Country"), choices=COUNTRY_CHOICES, initial=settings.HOME_COUNTRY)
    code = forms.CharField(
        label=_("Registration number"),
        help_text=_(
            "In China the unified social credit code; a university may give the ministry's code of ten digits. "
            "Elsewhere the number of the company or tax register."
        ),
        max_length=60,
        widget=forms.TextInput(attrs={"autocapitalize": "characters", "autocomplete": "off", "spellcheck": "false"}),
    )
    name = forms.CharField(label=_("Name"), help_text=_("As on the certificate."), max_length=150)
    name_en = forms.CharField(label=_("Name in English"), max_length=200, required=False)
    region = RegionField(
        label=_("Region"),
        help_text=_("Required in China: type a part of the name, or the code of six digits."),
        max_length=60,
        required=False,
    )
    evidence = UploadField(kind=DOCUMENT, label=_("Certificate"))
    note = forms.CharField(
        label=_("Note"),
        help_text=_("Anything that helps to decide, such as how to reach you by telephone."),
        widget=forms.Textarea(attrs={"rows": 3}),
        max_length=1000,
        required=False,
    )
    invitation = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def values(self) -> dict[str, Any]:
        """What the service takes."""
        data = dict(self.cleaned_data)
        return data | {"region_code": data.pop("region"), "invitation_id": data.pop("invitation")}


class ReasonForm(forms.Form):
    reason = forms.CharField(
        label=_("Reason"),
        help_text=_("Those concerned will read it."),
        widget=forms.Textarea(attrs={"rows": 4}),
        max_length=1000,
    )


class InvitationForm(forms.Form):
    """Who is invited, as what. The purpose is offered to bodies that invite organizations, too."""

    takes_actor = True

    purpose = forms.ChoiceField(
        label=_("Invited to"),
        choices=Invitation.Purpose.choices,
        initial=Invitation.Purpose.MEMBER,
        widget=forms.RadioSelect,
    )
    email = forms.EmailField(label=_("E-mail address"), widget=forms.EmailInput(attrs={"autocomplete": "off"}))
    role = forms.ChoiceField(label=_("Role"), choices=[("", _("Choose a role")), *Role.choices], required=False)
    name = forms.CharField(label=pgettext_lazy("person", "Name"), max_length=100, required=False)
    title = forms.CharField(
        label=pgettext_lazy("person", "Title"),
        help_text=_("Post or academic title"),
        max_length=80,
        required=False,
    )
    unit = UnitField(label=_("Unit"), nothing=_("no unit"))

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["unit"].offer(actor)  # type: ignore[attr-defined]  # a UnitField
        if not can_invite_organizations(actor):
            del self.fields["purpose"]

    def values(self) -> dict[str, Any]:
        """What the service takes."""
        data = dict(self.cleaned_data)
        return data | {"unit_id": data.pop("unit")}


class InvitationFileForm(forms.Form):
    """A list of people."""

    file = UploadField(kind=SPREADSHEET, label=_("File"), max_mb=2)
