"""The tick that sends mail."""

from celery import shared_task

from .mail import send_due


@shared_task(name="notifications.send_due_mail")
def send_due_mail() -> None:
    """Send the e-mails that wait, as many as the time until the next tick allows; beat calls every ten seconds."""
    send_due()
