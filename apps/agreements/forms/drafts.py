"""What a draft is: title, mode, days, parties."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from apps.core.actor import Actor
from apps.core.forms import DateInput
from apps.organizations.models import Membership, Organization, Role

from ..models import Agreement, AgreementVersion, Mode
from ..services.drafts import SIGN_WITHIN
from .pickers import PartyPicker, StudentPicker


class RevisionForm(forms.Form):
    """Knows which revision of the draft the person had before them."""

    revision = forms.IntegerField(widget=forms.HiddenInput)


class FrameworkField(forms.ModelChoiceField):
    """Agreements, with their numbers."""

    def label_from_instance(self, obj: Any) -> str:
        return f"{obj.title} · {obj.number}"


class AgreementForm(RevisionForm):
    """Of a new draft, or of ``version``. The acting organization is always a party and is not offered.

    Framework and students are asked for where the mode has to do with them; what is fixed once something is in force is not
    asked at all.
    """

    takes_actor = True

    title = forms.CharField(label=_("Title"), max_length=150)
    mode = forms.ModelChoiceField(Mode.objects.none(), label=_("Cooperation mode"))
    framework = FrameworkField(
        Agreement.objects.none(),
        label=_("Framework agreement"),
        required=False,
        help_text=_("The agreement in force under which this one is made. Only its parties take part."),
    )
    students = forms.ModelMultipleChoiceField(
        Membership.objects.none(),
        label=_("Students"),
        widget=StudentPicker,
        help_text=_("They become parties and sign themselves; for a minor the guardian signs as well."),
    )
    starts_on = forms.DateField(
        label=_("From"),
        widget=DateInput,
        help_text=_("All have signed by then: a signature after this day is refused."),
    )
    ends_on = forms.DateField(label=_("Until"), widget=DateInput)
    parties = forms.ModelMultipleChoiceField(
        Organization.objects.none(),
        label=_("Other parties"),
        help_text=_("Every organization that will sign beside yours. Search for it, then tick it."),
        to_field_name="code",
        widget=PartyPicker,
    )
    sign_until = forms.DateField(
        label=_("Last day to sign"),
        required=False,
        widget=DateInput,
        help_text=_("What is not signed by all by then ends. Sixty days when you leave it empty."),
    )
    note = forms.CharField(
        label=_("What changes and why"),
        max_length=2000,
        widget=forms.Textarea({"rows": 3}),
        help_text=_("All parties read it beside the text."),
    )

    def __init__(self, *args: Any, actor: Actor, version: AgreementVersion | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if version is None:
            del self.fields["revision"]
        self.fields["parties"].queryset = Organization.objects.visible_to(actor).exclude(  # type: ignore[attr-defined]  # a model choice field
            pk__in=_always(actor, version)
        )
        for name in ("parties", "students"):
            picker = self.fields[name].widget
            picker.search = self.data.get(picker.search_name) or self.initial.get(picker.search_name, "")
        if version is not None and version.number > 1:
            for name in ("mode", "framework", "students", "starts_on"):
                del self.fields[name]
            self.fields["parties"].required = False
            return
        del self.fields["note"]
        self.fields["sign_until"].initial = timezone.localdate() + SIGN_WITHIN
        self._ask_for_mode(actor, version)

    def _ask_for_mode(self, actor: Actor, version: AgreementVersion | None) -> None:
        modes = Mode.objects.visible_to(actor)
        offered = modes.in_use()
        if version is not None:
            offered |= modes.filter(pk=version.agreement.mode_id)
        self.fields["mode"].queryset = offered.order_by("code")  # type: ignore[attr-defined]  # a model choice field
        wanted = self.data.get("mode") if self.is_bound else self.initial.get("mode")
        code = wanted.pk if isinstance(wanted, Mode) else str(wanted or "").replace("\x00", "")
        self.chosen_mode = modes.filter(pk=code).first()
        over = Agreement.objects.none()
        if self.chosen_mode is not None:
            over = Agreement.objects.visible_to(actor).filter(
                state=Agreement.State.IN_FORCE, mode__opens__contains=[self.chosen_mode.pk]
            )
            if version is not None and version.agreement.framework_id:
                over |= Agreement.objects.visible_to(actor).filter(pk=version.agreement.framework_id)
        self.fields["framework"].queryset = over  # type: ignore[attr-defined]  # a model choice field
        if self.chosen_mode is None or not (self.chosen_mode.asks_framework or over.exists()):
            del self.fields["framework"]
        else:
            self.fields["framework"].required = self.chosen_mode.asks_framework
        if self.chosen_mode is None or not self.chosen_mode.asks_students:
            del self.fields["students"]
        else:
            known = Q(party_in__agreement=version.agreement) if version is not None else Q(pk=None)
            students = Membership.objects.filter(known) | Membership.objects.visible_to(actor).current()
            self.fields["students"].queryset = (  # type: ignore[attr-defined]  # a model choice field
                students.filter(role=Role.STUDENT).select_related("user", "organization").distinct()
            )

    def mode_words(self) -> str:
        """What the chosen mode is, and who must be party to it."""
        if self.chosen_mode is None:
            return ""
        kinds = dict(Organization.Kind.choices)
        wanted = [
            gettext(" or ").join(str(kinds[kind]) for kind in one.split("|")) for one in self.chosen_mode.party_kinds
        ]
        needs = gettext("Parties that it needs: %(kinds)s.") % {"kinds": gettext(", ").join(wanted)} if wanted else ""
        return f"{self.chosen_mode.local_summary} {needs}".strip()

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        days = (data.get("starts_on"), data.get("ends_on"))
        if all(days) and days[0] >= days[1]:  # type: ignore[operator]  # both are there
            self.add_error("ends_on", _("The end must lie after the start."))
        return data

    def values(self) -> dict[str, Any]:
        """What the services take."""
        data = dict(self.cleaned_data)
        data.pop("revision", None)
        data["party_ids"] = [organization.pk for organization in data.pop("parties")]
        if "mode" in data:
            framework = data.pop("framework", None)
            data |= {"mode": data["mode"].pk, "framework_id": framework.pk if framework else 0}
            data["student_ids"] = [student.pk for student in data.pop("students", [])]
        return data


def _always(actor: Actor, version: AgreementVersion | None) -> set[int]:
    """Organizations that are parties without being chosen."""
    drafters = {version.drafted_by_id, version.agreement.drafted_by_id} if version is not None else set()
    return {actor.organization_id, *drafters}


class ProposeForm(forms.Form):
    """What a new version is for."""

    kind = forms.ChoiceField(
        label=_("What you propose"),
        choices=[
            (AgreementVersion.Kind.AMENDMENT, _("an amendment: something changes from the day when all have signed")),
            (AgreementVersion.Kind.RENEWAL, _("a renewal: it runs longer")),
        ],
        widget=forms.RadioSelect,
    )
    note = forms.CharField(
        label=_("What changes and why"),
        max_length=2000,
        widget=forms.Textarea({"rows": 4}),
        help_text=_("All parties read it beside the text."),
    )
