"""The forms of django-allauth that a guesser would use, each counting its tries (``limits``)."""

from __future__ import annotations

from typing import Any

from allauth.account import forms as account
from allauth.core import context
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base import forms as mfa
from django.contrib.auth.hashers import make_password
from django.core.cache import cache
from django.http import HttpRequest

from .limits import CODE, guess, mail_asked_for

USED_FOR = 120


class SignInForm(account.LoginForm):
    """The library's own, with the caret where typing begins; the adapter counts its tries."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"].widget.attrs |= {"autofocus": True, "autocomplete": "username webauthn"}


class ChangePasswordForm(account.ChangePasswordForm):
    """Counts the current password with the tries to sign in."""

    def clean_oldpassword(self) -> str:
        made = guess(context.request, self.user.email)
        password: str = super().clean_oldpassword()
        made.right()
        return password


class ResetPasswordForm(account.ResetPasswordForm):
    """Sends one mail to a known address as to an unknown one, and few of them."""

    def clean_email(self) -> str:
        email: str = super().clean_email()
        mail_asked_for(context.request, email)
        # A known address takes half a millisecond more; beside this it cannot be told.
        make_password(email)
        return email


class SignUpForm(account.SignupForm):
    """Does the same work for an address that has an account already: hashes the password and sends one mail."""

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean()
        if not self.errors:
            mail_asked_for(context.request, cleaned["email"])
        return cleaned

    def try_save(self, request: HttpRequest) -> Any:
        if self.account_already_exists:
            make_password(self.cleaned_data["password1"])
        return super().try_save(request)


class AuthenticateForm(mfa.AuthenticateForm):
    """A code of an authenticator app, or a recovery code, at sign-in."""

    def clean_code(self) -> str:
        return _counted_code(self, super().clean_code)


class ReauthenticateForm(mfa.ReauthenticateForm):
    """The same, asked again before an act that needs it."""

    def clean_code(self) -> str:
        return _counted_code(self, super().clean_code)


def _counted_code(form: Any, check: Any) -> str:
    made = guess(context.request, form.user.email, CODE)
    code: str = check()
    # The library forgets a used code after one period, but takes it for three.
    if not cache.add(f"accounts.code:{form.user.pk}:{code}", value=True, timeout=USED_FOR):
        raise get_adapter().validation_error("incorrect_code")
    made.right()
    return code
