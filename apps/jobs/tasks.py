"""The tick that carries messages out of the outbox."""

from celery import shared_task

from .outbox import outbox_relay


@shared_task(name="jobs.relay_outbox")
def relay_outbox() -> None:
    """Handle what waits in the outbox now; beat calls every two seconds."""
    outbox_relay()
