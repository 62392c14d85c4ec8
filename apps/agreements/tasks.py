"""The daily look at what ends and what is owed."""

from celery import shared_task

from apps.core.actor import Actor

from .services import anchor_write, reminders_send


@shared_task(name="agreements.send_reminders")
def send_reminders() -> None:
    """Tell who can act of agreements that end and of obligations that are due or late; each is told once."""
    reminders_send(Actor.system("agreements.send_reminders"))


@shared_task(name="agreements.write_anchor")
def write_anchor() -> None:
    """Write the heads of the chains down elsewhere; beat calls every day."""
    anchor_write()
