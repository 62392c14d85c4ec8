from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django import forms
from django.db.models import F
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from apps.bases.models import Intake, Position
from apps.core.actor import Actor
from apps.core.forms import DateInput, LongTextInput, RatingField
from apps.organizations.models import Membership, Role

from .models import Journal, JournalAnswer, Relocation


class TutorField(forms.ModelChoiceField):
    """One of an organization's current tutors, by name and title."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(Membership.objects.none(), empty_label=_("Choose a tutor"), **kwargs)

    def offer(self, actor: Actor) -> None:
        """Offer the tutors of the acting organization."""
        tutors = Membership.objects.visible_to(actor).current().filter(role=Role.TUTOR)
        self.queryset = (
            tutors.filter(organization_id=actor.organization_id).select_related("user").order_by("user__name")
        )

    def label_from_instance(self, obj: Membership) -> str:
        return f"{obj.user.name} · {obj.title}" if obj.title else obj.user.name


class ArrangeForm(forms.Form):
    takes_actor = True

    academic_tutor = TutorField(
        label=_("Academic tutor"), help_text=_("A tutor of your university. The host names the enterprise tutor.")
    )
    starts_on = forms.DateField(label=_("From"), widget=DateInput)
    ends_on = forms.DateField(label=_("Until"), widget=DateInput)

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["academic_tutor"].offer(actor)  # type: ignore[attr-defined]  # a TutorField


class EnterpriseTutorForm(forms.Form):
    takes_actor = True

    tutor = TutorField(
        label=_("Enterprise tutor"),
        help_text=_("Logs the days and answers journals. The tutor and the academic tutor are told."),
    )

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["tutor"].offer(actor)  # type: ignore[attr-defined]  # a TutorField


class AcademicTutorForm(EnterpriseTutorForm):
    tutor = TutorField(
        label=_("Academic tutor"),
        help_text=_("Answers journals and scores. Sheets that are not handed in pass to the new tutor."),
    )


class AgreementDaysForm(forms.Form):
    not_before = forms.DateField(
        label=_("Agreement from"),
        help_text=_("All sign by this day: nothing is dated back. A placement that begins later keeps its own day."),
        widget=DateInput,
    )

    def clean_not_before(self) -> date:
        day: date = self.cleaned_data["not_before"]
        if day < timezone.localdate():
            raise forms.ValidationError(_("This day has passed: nothing is dated back."))
        return day


class BreakOffForm(forms.Form):
    reason = forms.CharField(
        label=_("Reason"),
        help_text=_("The student, both tutors and the coordinators of both sides will read it."),
        widget=forms.Textarea(attrs={"rows": 4}),
        max_length=500,
    )


class SettleForm(forms.Form):
    reason = forms.CharField(
        label=_("Why no other base is needed"),
        help_text=_("The university and the host will read it."),
        widget=forms.Textarea(attrs={"rows": 4}),
        max_length=500,
    )


class StudentsField(forms.ModelMultipleChoiceField):
    """Students who need another base, with the base that they lose."""

    def label_from_instance(self, obj: Relocation) -> str:
        return f"{obj.student.user.name} · {obj.application.intake.base}"


class FreePlaceField(forms.ModelChoiceField):
    """Positions that take applications now, with their free places."""

    def label_from_instance(self, obj: Position) -> str:
        free = _now("%(free)s of %(places)s places free") % {"free": obj.free, "places": obj.places}
        return f"{obj.title} · {obj.intake.base} · {free}"


class ProposeForm(forms.Form):
    takes_actor = True

    students = StudentsField(
        Relocation.objects.none(), label=_("Students"), widget=forms.CheckboxSelectMultiple, required=True
    )
    position = FreePlaceField(
        Position.objects.none(),
        label=_("Place"),
        empty_label=_("Choose a position"),
        help_text=_("Of bases whose agreement stands and whose intake takes applications today."),
    )
    statement = forms.CharField(
        label=_("What the host has to know"),
        widget=forms.Textarea(attrs={"rows": 4}),
        max_length=2000,
        initial=_("Our students lose their places because an agreement ends. We ask you to take them in."),
    )

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rows = Relocation.objects.visible_to(actor).open().filter(university_id=actor.organization_id)
        self.fields["students"].queryset = (  # type: ignore[attr-defined]  # a StudentsField
            rows.select_related("student__user", "application__intake__base").order_by("student__user__name")
        )
        open_intakes = Intake.objects.visible_to(actor).taking_applications(timezone.localdate())
        places = Position.objects.filter(intake__in=open_intakes.filter(base__agreement__notice_given_at=None))
        self.fields["position"].queryset = (  # type: ignore[attr-defined]  # a FreePlaceField
            places.filter(taken__lt=F("places")).select_related("intake__base").order_by("intake__base", "pk")
        )


class LogEditForm(forms.Form):
    """A day in three taps: everything but the rating is filled in. No model form, which would ask the database too."""

    rating = RatingField(label=_("How was the day?"))
    tasks = forms.CharField(
        label=_("What was done"),
        max_length=500,
        widget=forms.TextInput(attrs={"list": "tasks-before", "autocomplete": "off"}),
    )
    hours = forms.DecimalField(
        label=_("Hours"),
        min_value=Decimal("0.25"),
        max_value=Decimal(24),
        decimal_places=2,
        widget=forms.NumberInput(attrs={"step": "0.25", "inputmode": "decimal"}),
    )
    note = forms.CharField(label=_("Note"), required=False, max_length=2000, widget=LongTextInput(attrs={"rows": 2}))
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)


class LogForm(LogEditForm):
    field_order = ["rating", "tasks", "hours", "worked_on", "note"]

    worked_on = forms.DateField(label=_("Day"), widget=DateInput)
    version = None  # type: ignore[assignment]  # Django's way to leave out a field of the parent


class JournalForm(forms.ModelForm):
    """One week; ``mondays`` are offered, newest first."""

    week_of = forms.DateField(label=_("Week"), widget=forms.Select)

    class Meta:
        model = Journal
        fields = ["week_of", "work_done", "learnt", "reflection"]
        widgets = {
            "work_done": LongTextInput(attrs={"rows": 6}),
            "learnt": LongTextInput(attrs={"rows": 4}),
            "reflection": LongTextInput(attrs={"rows": 4}),
        }
        help_texts = {
            "work_done": _("Which tasks, with which tools and with whom?"),
            "learnt": _("What can you do now that you could not do before?"),
            "reflection": _("What was hard? What will you try next week?"),
        }

    def __init__(self, *args: Any, mondays: Iterable[date], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["week_of"].widget.choices = [(day, _week(day)) for day in mondays]


def _week(monday: date) -> str:
    return _now("%(first)s to %(last)s") % {
        "first": date_format(monday),
        "last": date_format(monday + timedelta(days=6)),
    }


class AnswerForm(forms.ModelForm):
    class Meta:
        model = JournalAnswer
        fields = ["text"]
        labels = {"text": _("Your answer")}
        widgets = {"text": LongTextInput(attrs={"rows": 4})}
