from __future__ import annotations

from django import forms
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from .models import User


class SignUpForm(forms.Form):
    """What a newcomer tells beside address and password; django-allauth puts it into its own form."""

    name = forms.CharField(
        label=_("Name"),
        max_length=100,
        help_text=_("As it stands on agreements and certificates."),
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )

    field_order = ["name", "email", "password1"]

    def signup(self, request: HttpRequest, user: User) -> None:
        """Nothing is left to do: the adapter has stored the name."""
