"""Consent by purpose and version."""

from __future__ import annotations

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import OuterRef, Q
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from apps.core.actor import Actor

from .guardians import LegalGuardian


class Purpose(models.TextChoices):
    """What the portal does only with consent. What the law or a contract demands needs none and is no purpose here."""

    ENTERPRISE_PROFILE = "enterprise_profile", _("Show my profile to enterprises outside an application")
    PHOTO = "photo", _("Use photos of me")
    STATISTICS = "statistics", _("Use my data for research and statistics")
    UNDER_14 = "under_14", _("Processing the data of a child under 14")

    @classmethod
    def optional(cls) -> list[Purpose]:
        """Those that a person decides on; without a row they are off."""
        return [purpose for purpose in cls if purpose is not cls.UNDER_14]


class ConsentText(models.Model):
    """What somebody agrees to, word for word, in two languages. A version never changes; the next one supersedes it."""

    purpose = models.CharField(_("purpose"), max_length=20, choices=Purpose.choices)
    version = models.PositiveSmallIntegerField(_("version"))
    title_en = models.CharField(_("title in English"), max_length=150)
    title_zh = models.CharField(_("title in Chinese"), max_length=150)
    body_en = models.TextField(_("text in English"))
    body_zh = models.TextField(_("text in Chinese"))
    published_at = models.DateTimeField(_("published"), default=timezone.now)
    superseded_at = models.DateTimeField(_("superseded"), null=True, blank=True)

    class Meta:
        verbose_name = _("text of a consent")
        verbose_name_plural = _("texts of consents")
        ordering = ["purpose", "-version"]
        constraints = [
            models.UniqueConstraint(fields=["purpose", "version"], name="consent_text_version_unique"),
            models.UniqueConstraint(
                fields=["purpose"], condition=Q(superseded_at=None), name="consent_text_one_current"
            ),
        ]
        triggers = [
            pgtrigger.ReadOnly(
                name="consent_text_is_frozen",
                fields=["purpose", "version", "title_en", "title_zh", "body_en", "body_zh", "published_at"],
            )
        ]

    def __str__(self) -> str:
        return f"{self.purpose} {self.version}"

    @property
    def title(self) -> str:
        return self.title_zh if _reads_chinese() else self.title_en

    @property
    def body(self) -> str:
        return self.body_zh if _reads_chinese() else self.body_en


def _reads_chinese() -> bool:
    return (get_language() or "").startswith("zh")


class ConsentQuerySet(models.QuerySet["Consent"]):
    def visible_to(self, actor: Actor) -> ConsentQuerySet:
        if actor.is_system:
            return self
        return self.filter(person_id=actor.user_id)

    def standing(self) -> ConsentQuerySet:
        """Given to the current version and not withdrawn."""
        return self.filter(withdrawn_at=None, text__superseded_at=None)

    def standing_for_child(self, person: OuterRef | int) -> ConsentQuerySet:
        """The guardian's, without which nothing goes on about a child under 14."""
        guarded = {"guardian__isnull": False, "guardian__ended_at": None}
        return self.standing().filter(person=person, text__purpose=Purpose.UNDER_14, **guarded)


class Consent(models.Model):
    """Somebody agreed to one version of a text. It is withdrawn, never deleted: it proves what was allowed when."""

    class Channel(models.TextChoices):
        PORTAL = "portal", _("in the portal")
        PAPER = "paper", _("on paper")

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="consents", verbose_name=_("person")
    )
    text = models.ForeignKey(ConsentText, on_delete=models.PROTECT, related_name="consents", verbose_name=_("text"))
    guardian = models.ForeignKey(
        LegalGuardian,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="consents",
        verbose_name=_("given by the guardian"),
    )
    channel = models.CharField(_("how"), max_length=6, choices=Channel.choices, default=Channel.PORTAL)
    given_at = models.DateTimeField(_("given"), default=timezone.now)
    withdrawn_at = models.DateTimeField(_("withdrawn"), null=True, blank=True)

    objects = ConsentQuerySet.as_manager()

    class Meta:
        verbose_name = _("consent")
        verbose_name_plural = _("consents")
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["person", "text"], condition=Q(withdrawn_at=None), name="consent_unique_standing"
            )
        ]

    def __str__(self) -> str:
        return str(self.pk)
