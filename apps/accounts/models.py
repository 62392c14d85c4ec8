"""People."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from allauth.account.models import EmailAddress
from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.db import models, transaction
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from .attempts import AttemptBucket

__all__ = ["AttemptBucket", "User", "UserManager"]


class UserManager(BaseUserManager["User"]):
    """People are found by e-mail, whatever its case."""

    def get_by_natural_key(self, username: str | None) -> User:
        # By the expression of the unique index; iexact would read the whole table.
        return self.alias(address=Lower("email")).get(address=(username or "").lower())

    @transaction.atomic
    def create_user(
        self, email: str, password: str | None = None, *, email_verified: bool = False, **fields: Any
    ) -> User:
        """A person who can sign in: without a password after a reset, without ``email_verified`` after verifying the address."""
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.full_clean(exclude=["password"])
        user.save(using=self._db)
        EmailAddress.objects.create(user=user, email=user.email, primary=True, verified=email_verified)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> User:
        return self.create_user(email, password, email_verified=True, is_staff=True, is_superuser=True, **fields)


class User(AbstractBaseUser, PermissionsMixin):
    """A person. Rights come from memberships; ``is_staff`` opens the platform's admin and nothing else."""

    class Theme(models.TextChoices):
        AUTO = "auto", _("As the device")
        LIGHT = "light", _("Light")
        DARK = "dark", _("Dark")

    email = models.EmailField(_("e-mail"), unique=True)
    name = models.CharField(pgettext_lazy("person", "name"), max_length=100)
    language = models.CharField(_("language"), max_length=10, choices=settings.LANGUAGES, default="en")
    theme = models.CharField(_("theme"), max_length=5, choices=Theme.choices, default=Theme.AUTO)
    is_staff = models.BooleanField(_("platform staff"), default=False)
    is_active = models.BooleanField(
        pgettext_lazy("account", "active"),
        default=True,
        help_text=_("Disable a person here instead of deleting them."),
    )
    birth_date = models.DateField(_("date of birth"), null=True, blank=True)
    erased_at = models.DateTimeField(_("erased"), null=True, blank=True, editable=False)
    date_joined = models.DateTimeField(_("joined"), default=timezone.now)

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS = ["name"]

    class Meta:
        verbose_name = _("person")
        verbose_name_plural = _("people")
        constraints = [
            models.UniqueConstraint(
                Lower("email"),
                name="user_email_unique",
                violation_error_message=_("Somebody with this e-mail address is here already."),
            )
        ]

    def __str__(self) -> str:
        return self.name

    def get_full_name(self) -> str:
        return self.name

    def get_short_name(self) -> str:
        return self.name


class QueuedMailQuerySet(models.QuerySet["QueuedMail"]):
    def due(self, now: datetime) -> QueuedMailQuerySet:
        return self.filter(state=QueuedMail.State.WAITING, due_at__lte=now)


class QueuedMail(models.Model):
    """A mail to one address, which need not belong to anybody here. Once it is sent, its text is gone."""

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting")
        SENT = "sent", _("sent")
        FAILED = "failed", _("given up")

    to = models.EmailField(_("to"), max_length=254)
    subject = models.CharField(_("subject"), max_length=200)
    body = models.TextField(_("text"), blank=True)
    state = models.CharField(_("state"), max_length=8, choices=State.choices, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    due_at = models.DateTimeField(_("due"), default=timezone.now)
    error = models.CharField(_("last error"), max_length=100, blank=True)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    sent_at = models.DateTimeField(_("sent"), null=True, blank=True)

    objects = QueuedMailQuerySet.as_manager()

    class Meta:
        verbose_name = _("mail")
        verbose_name_plural = _("mail")
        ordering = ["-pk"]
        indexes = [models.Index(fields=["due_at"], condition=Q(state="waiting"), name="queued_mail_due")]
        constraints = [
            models.CheckConstraint(condition=~Q(state="sent") | Q(body=""), name="queued_mail_sent_has_no_text")
        ]

    def __str__(self) -> str:
        return str(self.pk)
