"""Signing, sending back, refusing; who signs; what was signed on paper."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.core.forms import DateInput
from apps.core.uploads import DOCUMENT, UploadField
from apps.organizations.models import Membership

from ..models import Signer


class SignForm(forms.Form):
    """What was shown, by its hash, and that it was read."""

    content_hash = forms.CharField(widget=forms.HiddenInput, max_length=64)
    agree = forms.BooleanField(
        label=_("I have read the agreement and sign it for my organization."),
        error_messages={"required": _("Confirm that you have read the agreement.")},
    )

    def __init__(self, *args: Any, for_self: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if for_self:
            self.fields["agree"].label = _("I have read the agreement and sign it.")


class LinkSignForm(SignForm):
    """The same for somebody without an account, who writes the name that the party gave."""

    name = forms.CharField(label=_("Your full name"), help_text=_("As it stands in the agreement."), max_length=100)

    field_order = ["content_hash", "name", "agree"]


class ReasonForm(forms.Form):
    reason = forms.CharField(
        label=_("Reason"),
        help_text=_("All parties will read it."),
        widget=forms.Textarea(attrs={"rows": 4}),
        max_length=2000,
    )


class SignerForm(forms.Form):
    """Who signs for an organization: a member and perhaps a deputy, somebody without an account, or whoever may. For a student
    the guardian, who has no account."""

    membership = forms.ModelChoiceField(
        Membership.objects.none(), label=_("Signer"), required=False, empty_label=_("Whoever may sign for us")
    )
    deputy = forms.ModelChoiceField(
        Membership.objects.none(),
        label=_("Deputy"),
        required=False,
        empty_label=_("No deputy"),
        help_text=_("May sign in place of the signer."),
    )
    name = forms.CharField(
        label=_("Or the name of somebody without an account"),
        help_text=_("Such as the legal representative; a one-time link is mailed to them."),
        max_length=100,
        required=False,
    )
    email = forms.EmailField(label=_("E-mail of this person"), required=False)

    def __init__(self, *args: Any, signer: Signer, **kwargs: Any) -> None:
        kwargs["initial"] = {
            "membership": signer.membership_id,
            "deputy": signer.deputy_id,
            "name": signer.name,
            "email": signer.email,
        } | (kwargs.get("initial") or {})
        super().__init__(*args, **kwargs)
        if signer.party.student_id is not None:
            del self.fields["membership"], self.fields["deputy"]
            for name, label in (("name", _("Name of the guardian")), ("email", _("E-mail of the guardian"))):
                self.fields[name].label, self.fields[name].required = label, name == "name"
            self.fields["name"].help_text = _("A one-time link is mailed to them.")
            return
        may = Membership.objects.holding("sign_agreements").filter(organization_id=signer.party.organization_id or 0)
        for name in ("membership", "deputy"):
            field = self.fields[name]
            field.queryset = may.select_related("user").order_by("pk")  # type: ignore[attr-defined]  # a model choice field
            field.label_from_instance = lambda member: member.user.name  # type: ignore[attr-defined]  # likewise

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("membership") and (data.get("name") or data.get("email")):
            raise forms.ValidationError(_("Name a member, or somebody without an account, not both."))
        of_student = "membership" not in self.fields
        if bool(data.get("name")) != bool(data.get("email")) and not self.errors and not of_student:
            raise forms.ValidationError(_("Somebody without an account needs a name and an e-mail address."))
        if data.get("deputy") and not data.get("membership"):
            self.add_error("deputy", _("A deputy stands in for a signer: name the signer, too."))
        return data

    def values(self) -> dict[str, Any]:
        """What the service takes."""
        data = self.cleaned_data
        members = {name: data.get(name) for name in ("membership", "deputy")}
        return {
            **{f"{name}_id": member.pk if member else 0 for name, member in members.items()},
            "name": data["name"],
            "email": data["email"],
        }


class PaperForm(forms.Form):
    """What was signed on paper."""

    name = forms.CharField(label=_("Who signed"), max_length=100)
    signed_on = forms.DateField(
        label=_("Day of the signature"), help_text=_("As it stands on the paper."), widget=DateInput
    )
    scan = UploadField(kind=DOCUMENT, label=_("Scan or photo of the signed paper"))

    def clean_signed_on(self) -> Any:
        day = self.cleaned_data["signed_on"]
        if day > timezone.localdate():
            raise forms.ValidationError(_("This day lies ahead."))
        return day
