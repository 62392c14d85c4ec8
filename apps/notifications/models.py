"""Notifications and their deliveries."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.core.actor import Actor

from .kinds import render_text


class Notification(models.Model):
    """Something happened that people should know. ``params`` fill the texts of its kind."""

    kind = models.CharField(_("kind"), max_length=60)
    key = models.CharField(_("event"), max_length=100, unique=True)
    params = models.JSONField(default=dict)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    class Meta:
        verbose_name = _("notification")
        verbose_name_plural = _("notifications")
        ordering = ["-pk"]

    def __str__(self) -> str:
        return self.key

    @property
    def text(self) -> str:
        """The sentence in the active language."""
        return render_text(self.kind, self.params)

    @property
    def url(self) -> str:
        """The path of the page that it is about."""
        return str(self.params["url"])


class DeliveryQuerySet(models.QuerySet["Delivery"]):
    def visible_to(self, actor: Actor) -> DeliveryQuerySet:
        """A person's own, whatever membership they act in."""
        if actor.is_system:
            return self
        return self.filter(user_id=actor.user_id)

    def unread(self) -> DeliveryQuerySet:
        return self.filter(read_at=None)

    def mail_due(self, now: datetime) -> DeliveryQuerySet:
        return self.filter(mail_state=Delivery.MailState.WAITING, mail_at__lte=now, user__is_active=True)


class Delivery(models.Model):
    """One notification to one person."""

    class MailState(models.TextChoices):
        NONE = "none", _("not by e-mail")
        WAITING = "waiting", _("waiting")
        SENT = "sent", _("sent")
        FAILED = "failed", _("given up")

    notification = models.ForeignKey(Notification, on_delete=models.CASCADE, related_name="deliveries")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="deliveries")
    read_at = models.DateTimeField(_("read"), null=True, blank=True)
    mail_state = models.CharField(max_length=8, choices=MailState.choices, default=MailState.NONE)
    mail_at = models.DateTimeField(null=True, blank=True)
    mail_attempts = models.PositiveSmallIntegerField(default=0)

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        verbose_name = _("delivery")
        verbose_name_plural = _("deliveries")
        ordering = ["-pk"]
        constraints = [models.UniqueConstraint(fields=["notification", "user"], name="delivery_once_each")]
        indexes = [
            models.Index(fields=["user", "-id"], name="delivery_user"),
            models.Index(fields=["user"], condition=Q(read_at=None), name="delivery_unread"),
            models.Index(fields=["mail_at"], condition=Q(mail_state="waiting"), name="delivery_mail_due"),
        ]

    def __str__(self) -> str:
        return str(self.pk)
