"""The tick that sends mail."""

from celery import shared_task

from .mail import send_due


@shared_task(name="notifications.send_due_mail")
def send_due_mail() -> None:
    """Send the e-mails that wait, one batch; beat calls every ten seconds."""
    send_due()
