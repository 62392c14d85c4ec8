"""The daily look at what ends and what is owed."""

import logging
from pathlib import Path

from celery import shared_task
from django.conf import settings

from apps.core.actor import Actor

from .services import agreements_end_due, anchor_write, reminders_send, versions_lapse
from .verification import verify

logger = logging.getLogger(__name__)


@shared_task(name="agreements.send_reminders")
def send_reminders() -> None:
    """Tell who can act of agreements that end and of obligations that are due or late; each is told once."""
    reminders_send(Actor.system("agreements.send_reminders"))


@shared_task(name="agreements.write_anchor")
def write_anchor() -> None:
    """Write the heads of the chains down elsewhere; beat calls every day."""
    anchor_write()


@shared_task(name="agreements.verify", time_limit=2 * 3600, acks_late=False)
def verify_all() -> None:
    """Log as an error whatever is not what was signed, against the anchors; beat calls every day.

    It takes long and writes nothing: a run that is lost is made good the next day, and never done twice at once.
    """
    for fault in verify(Path(settings.ANCHOR_DIR)):
        logger.error("not what was signed: %s", fault)


@shared_task(name="agreements.end_due")
def end_due() -> None:
    """End what was not signed in time, and agreements whose last day has passed; beat calls every hour."""
    versions_lapse(Actor.system("agreements.end_due"))
    agreements_end_due(Actor.system("agreements.end_due"))
