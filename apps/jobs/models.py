"""The outbox and the remembered answers."""

from __future__ import annotations

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.core.actor import Actor


class OutboxMessage(models.Model):
    """ "This must happen": a topic and the ids that its handler needs, never personal data."""

    topic = models.CharField(_("topic"), max_length=60)
    payload = models.JSONField(_("payload"), default=dict)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    available_at = models.DateTimeField(_("not before"), default=timezone.now)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    done_at = models.DateTimeField(_("done"), null=True, blank=True)
    failed_at = models.DateTimeField(_("given up"), null=True, blank=True)
    error = models.CharField(_("last error"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("outbox message")
        verbose_name_plural = _("outbox messages")
        ordering = ["-pk"]
        indexes = [
            models.Index(
                fields=["available_at", "id"],
                condition=Q(done_at=None, failed_at=None),
                name="outbox_waiting",
            )
        ]

    def __str__(self) -> str:
        return f"{self.topic} {self.pk}"


class IdempotentAnswer(models.Model):
    """What a creating POST with an ``Idempotency-Key`` answered; written in the transaction of its effect."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    key = models.CharField(max_length=100)
    fingerprint = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField()
    body = models.JSONField(encoder=DjangoJSONEncoder)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "key"], name="idempotent_answer_unique")]

    def __str__(self) -> str:
        return self.key


class JobRunQuerySet(models.QuerySet["JobRun"]):
    def visible_to(self, actor: Actor) -> JobRunQuerySet:
        """What the person asked for in the membership in which they act now, while they hold the right that it takes."""
        if actor.is_system:
            return self
        return self.filter(
            requested_by_id=actor.user_id,
            membership_id=actor.membership_id,
            permission__in=["", *actor.permissions],
        )

    def unfinished(self) -> JobRunQuerySet:
        return self.filter(state__in=[JobRun.State.WAITING, JobRun.State.RUNNING])


class JobRun(models.Model):
    """Long work that a person asked for: its progress, its result, and what was wrong row by row."""

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting")
        RUNNING = "running", _("running")
        DONE = "done", _("done")
        FAILED = "failed", _("failed")
        CANCELLED = "cancelled", _("cancelled")

    kind = models.CharField(_("kind"), max_length=40)
    title = models.CharField(_("title"), max_length=150)
    params = models.JSONField(
        _("parameters"), default=dict, blank=True, help_text=_("Ids and plain values, no personal data.")
    )
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="job_runs", verbose_name=_("asked for by")
    )
    membership_id = models.PositiveBigIntegerField(default=0)
    permission = models.CharField(
        max_length=40, blank=True, help_text=_("What the person must hold in the organization, until the end.")
    )
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.WAITING)
    total = models.PositiveIntegerField(_("rows"), default=0)
    done = models.PositiveIntegerField(_("rows done"), default=0)
    summary = models.JSONField(_("result"), default=dict, blank=True)
    message = models.TextField(_("message"), blank=True)
    result = models.FileField(_("file"), upload_to="jobs/", blank=True, max_length=200)
    result_name = models.CharField(_("file name"), max_length=150, blank=True)
    back_url = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(_("asked for"), auto_now_add=True)
    started_at = models.DateTimeField(_("started"), null=True, blank=True)
    seen_at = models.DateTimeField(_("last sign of life"), null=True, blank=True)
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    cancel_asked_at = models.DateTimeField(_("cancelling asked for"), null=True, blank=True)

    objects = JobRunQuerySet.as_manager()

    class Meta:
        verbose_name = _("job")
        verbose_name_plural = _("jobs")
        ordering = ["-pk"]
        indexes = [
            models.Index(fields=["id"], condition=Q(state__in=["waiting", "running"]), name="job_run_unfinished"),
            models.Index(fields=["requested_by", "-id"], name="job_run_requested_by"),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def is_finished(self) -> bool:
        return self.state not in {self.State.WAITING, self.State.RUNNING}
