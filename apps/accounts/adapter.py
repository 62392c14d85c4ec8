"""What django-allauth asks the portal: how mail leaves, who may sign up, what a second factor is."""

from __future__ import annotations

import base64
import time
from typing import Any

from allauth.account import app_settings
from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.authentication import get_authentication_records
from allauth.core import context
from allauth.mfa.adapter import DefaultMFAAdapter
from django.conf import settings
from django.forms import BaseForm
from django.http import HttpRequest
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext

from apps.core.addresses import client_address
from apps.core.encryption import decrypt, encrypt

from .limits import guess
from .mail import queue_mail
from .models import User

SECRET_PLACE = "mfa_authenticator.data"  # noqa: S105  # the name of a column


class AccountAdapter(DefaultAccountAdapter):
    """Sign-up, sign-in and the mail that goes with them."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Also when it is closed to the public: to the holder of an invitation."""
        return bool(settings.SIGN_UP_OPEN or request.session.get("account_verified_email"))

    def save_user(self, request: HttpRequest, user: User, form: BaseForm, commit: bool = True) -> User:
        """A newcomer with the name that they gave, in the language that they read."""
        user.name = form.cleaned_data.get("name") or user.name
        user.language = translation.get_language() or settings.LANGUAGE_CODE
        saved: User = super().save_user(request, user, form, commit)
        return saved

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Queue the mail, in the language of the person that it is about."""
        user = context.get("user") or getattr(self.request, "user", None)
        with translation.override(user.language if isinstance(user, User) else translation.get_language()):
            message = self.render_mail(
                template_prefix, email, {"email": email, "site_url": settings.SITE_URL} | context
            )
        queue_mail(to=email, subject=str(message.subject), body=str(message.body))

    def format_email_subject(self, subject: str) -> str:
        return f"{subject} · {gettext('Collab Portal')}"

    def get_email_confirmation_url(self, request: HttpRequest, emailconfirmation: Any) -> str:
        return str(settings.SITE_URL) + reverse("account_confirm_email", args=[emailconfirmation.key])

    def get_reset_password_from_key_url(self, key: str) -> str:
        uid, _dash, token = key.partition("-")
        return str(settings.SITE_URL) + reverse("account_reset_password_from_key", args=[uid, token])

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """The library's own limit is not asked: it knows no devices and refuses a campus."""

    def authenticate(self, request: HttpRequest, **credentials: Any) -> Any:
        """Look at the password, after the try has been counted; ``TooManyAttempts`` when none is left."""
        made = guess(request, credentials.get("email", ""))
        user = super().authenticate(request, **credentials)
        if user is not None:
            made.right()
        return user

    def get_client_ip(self, request: HttpRequest) -> str:
        return client_address(request)

    def get_reauthentication_methods(self, user: Any) -> list[dict[str, Any]]:
        """Who has a second factor confirms with it; a password, which is what thieves have, will not do."""
        methods = super().get_reauthentication_methods(user)
        strong = [method for method in methods if method["id"] != "reauthenticate"]
        return strong or methods

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        """Who signed in just now has just shown who they are."""
        request = context.request
        records = get_authentication_records(request, request.user)
        if records and time.time() - records[-1]["at"] < app_settings.REAUTHENTICATION_TIMEOUT:
            return False
        return bool(super().is_reauthentication_required(app=app, **kwargs))


class SecondFactorAdapter(DefaultMFAAdapter):
    """Secrets of authenticator apps are encrypted; the portal calls itself by its name."""

    def encrypt(self, text: str) -> str:
        return base64.b64encode(encrypt(text, place=SECRET_PLACE)).decode()

    def decrypt(self, encrypted_text: str) -> str:
        return decrypt(base64.b64decode(encrypted_text), place=SECRET_PLACE)

    def _get_site_name(self) -> str:
        return gettext("Collab Portal")
