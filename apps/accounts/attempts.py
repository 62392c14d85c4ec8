"""How often something was tried: one row for each secret that can be guessed and each address that guesses."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _


class AttemptBucket(models.Model):
    """The tries of the last day under one key, each with its mark. Keys are keyed hashes: nobody can be read from them.

    Written by ``limits`` alone, and there with one statement: truth about limits is here, not in the cache.
    """

    key = models.CharField(_("key"), max_length=64, primary_key=True)
    times = ArrayField(models.DateTimeField(), verbose_name=_("times"))
    marks = ArrayField(models.CharField(max_length=40), verbose_name=_("marks"))
    expires_at = models.DateTimeField(_("expires"))

    class Meta:
        verbose_name = _("attempts")
        verbose_name_plural = _("attempts")

    def __str__(self) -> str:
        return self.key[:8]
