"""Guardians of minors, and the links by which they answer without an account."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from apps.core.actor import Actor
from apps.core.encryption import decrypt


class LegalGuardianQuerySet(models.QuerySet["LegalGuardian"]):
    def visible_to(self, actor: Actor) -> LegalGuardianQuerySet:
        """A person's own. Who is in charge of a student starts from the student (``policies.can_guard``)."""
        if actor.is_system:
            return self
        return self.filter(person_id=actor.user_id)

    def current(self) -> LegalGuardianQuerySet:
        return self.filter(ended_at=None)


class LegalGuardian(models.Model):
    """Who answers for a person under 18. The registration is ended, not deleted, while consents rest on it."""

    class Relation(models.TextChoices):
        MOTHER = "mother", _("mother")
        FATHER = "father", _("father")
        GRANDPARENT = "grandparent", _("grandparent")
        OTHER = "other", _("other legal guardian")

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="guardians", verbose_name=_("minor")
    )
    name = models.CharField(pgettext_lazy("person", "name"), max_length=100)
    relation = models.CharField(_("relation"), max_length=12, choices=Relation.choices)
    phone = models.BinaryField(_("phone"), editable=False)
    email = models.EmailField(_("e-mail"))
    registered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name=_("registered by")
    )
    registered_at = models.DateTimeField(_("registered"), default=timezone.now)
    confirmed_at = models.DateTimeField(_("confirmed"), null=True, blank=True)
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)

    objects = LegalGuardianQuerySet.as_manager()

    class Meta:
        verbose_name = _("guardian")
        verbose_name_plural = _("guardians")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["person", "email"],
                condition=Q(ended_at=None),
                name="legal_guardian_unique_current",
                violation_error_message=_("This guardian is registered already."),
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def phone_place(self) -> str:
        """Where the encrypted phone number belongs."""
        return f"privacy_legalguardian.phone.{self.pk}"

    @property
    def phone_number(self) -> str:
        return decrypt(self.phone, place=self.phone_place) if self.phone else ""


class GuardianLink(models.Model):
    """One question to one guardian, bound to the version of the text; of the link only the hash is stored."""

    class Answer(models.TextChoices):
        GIVEN = "given", _("consent given")
        REFUSED = "refused", _("refused")

    guardian = models.ForeignKey(
        LegalGuardian, on_delete=models.CASCADE, related_name="links", verbose_name=_("guardian")
    )
    text = models.ForeignKey("privacy.ConsentText", on_delete=models.PROTECT, related_name="+", verbose_name=_("text"))
    digest = models.CharField(max_length=64, unique=True, editable=False)
    created_at = models.DateTimeField(_("sent"), default=timezone.now)
    expires_at = models.DateTimeField(_("expires"))
    answered_at = models.DateTimeField(_("answered"), null=True, blank=True)
    answer = models.CharField(_("answer"), max_length=8, choices=Answer.choices, blank=True)

    class Meta:
        verbose_name = _("link of a guardian")
        verbose_name_plural = _("links of guardians")
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(answered_at=None, answer="") | (Q(answered_at__isnull=False) & ~Q(answer="")),
                name="guardian_link_answered_has_answer",
            )
        ]

    def __str__(self) -> str:
        return str(self.pk)
