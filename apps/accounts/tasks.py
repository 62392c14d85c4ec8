"""The tick that sends mail to addresses, and the clearing of what is over."""

from celery import shared_task
from django.core.management import call_command

from . import limits
from .mail import prune_mail, send_due


@shared_task(name="accounts.send_queued_mail")
def send_queued_mail() -> None:
    """Send the mail that waits, as much as the time until the next tick allows; beat calls every two seconds."""
    send_due()


@shared_task(name="accounts.prune")
def prune_accounts() -> None:
    """Delete mail that was sent long ago, attempts that no longer count, and sessions that are over; beat calls every day."""
    prune_mail()
    limits.prune()
    call_command("clearsessions")
