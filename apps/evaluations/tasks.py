"""The ticks that open and close rounds."""

from celery import shared_task

from apps.core.actor import Actor

from .services import rounds_close_due, rounds_open_due


@shared_task(name="evaluations.open_due_rounds")
def open_due_rounds() -> None:
    """Open every round that is due and not open yet, however long the schedule was down."""
    rounds_open_due(Actor.system("evaluations.open_due_rounds"))


@shared_task(name="evaluations.close_due_rounds")
def close_due_rounds() -> None:
    """Close every round whose last day has passed and publish its results."""
    rounds_close_due(Actor.system("evaluations.close_due_rounds"))
