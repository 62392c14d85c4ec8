"""What this app does when a lower app announces something."""

from __future__ import annotations

from typing import Any

from django.dispatch import receiver

from apps.agreements.events import agreement_terminated
from apps.agreements.models import Agreement

from .services import intakes_close_under


@receiver(agreement_terminated)
def close_intakes(sender: Any, agreement: Agreement, **kwargs: Any) -> None:
    """No student may apply for a place that no contract backs any more."""
    intakes_close_under(agreement)
