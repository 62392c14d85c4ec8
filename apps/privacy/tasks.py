"""Once a day: what is due goes."""

from celery import shared_task

from apps.core.actor import Actor

from .services import erasures_carry_out_due, retention_apply


@shared_task(name="privacy.apply_retention")
def apply_retention() -> None:
    """Delete and blank what is due, carry out the requests whose time has come; beat calls every day."""
    actor = Actor.system("privacy.apply_retention")
    erasures_carry_out_due(actor)
    retention_apply(actor)
