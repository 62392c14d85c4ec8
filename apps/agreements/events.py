"""What agreements announce. Receivers run in the sender's transaction.

Each is sent with ``actor`` and ``agreement``.
"""

from django.dispatch import Signal

agreement_in_force = Signal()
agreement_terminated = Signal()
