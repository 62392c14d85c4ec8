"""The ticks that carry messages out of the outbox and begin jobs, and the clearing of what is over."""

from celery import shared_task

from .outbox import outbox_relay
from .pruning import prune
from .runs import run_due


@shared_task(name="jobs.relay_outbox")
def relay_outbox() -> None:
    """Handle what waits in the outbox now; beat calls every two seconds."""
    outbox_relay()


@shared_task(name="jobs.run_due")
def run_due_job() -> None:
    """Do a job that waits, unless another one is at work; beat calls every two seconds."""
    run_due()


@shared_task(name="jobs.prune")
def prune_jobs() -> None:
    """Delete what nobody needs any more; beat calls every day."""
    prune()
