"""The chain of everything that was done with an agreement since it was shown to its parties."""

from __future__ import annotations

import hashlib

from django.db import models
from django.utils.translation import gettext_lazy as _

from .agreements import Agreement, canonical

BEGINNING = "0" * 64


class ChainEntry(models.Model):
    """One act. Its digest covers the act and the digest of the entry before, so that none can be changed, taken out or put in
    between. The portal's role in the database adds rows and changes none."""

    append_only = True

    agreement = models.ForeignKey(
        Agreement, on_delete=models.PROTECT, related_name="chain", verbose_name=_("agreement")
    )
    sequence = models.PositiveIntegerField(_("number"))
    payload = models.JSONField(_("act"), help_text=_("What was done, when, as whom: ids and what was shown."))
    previous = models.CharField(_("digest of the entry before"), max_length=64)
    digest = models.CharField(_("digest"), max_length=64)

    class Meta:
        verbose_name = _("chain entry")
        verbose_name_plural = _("chain entries")
        ordering = ["agreement", "sequence"]
        constraints = [
            models.UniqueConstraint(fields=["agreement", "sequence"], name="chain_entry_unique_sequence"),
        ]

    def __str__(self) -> str:
        return f"{self.agreement_id} {self.sequence}"

    def computed_digest(self) -> str:
        """SHA-256 (hex) of agreement, number, digest before and act."""
        return hashlib.sha256(canonical([self.agreement_id, self.sequence, self.previous, self.payload])).hexdigest()
