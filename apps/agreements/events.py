"""What agreements announce. Receivers run in the sender's transaction.

Each is sent with ``actor`` and ``agreement``.
"""

from django.dispatch import Signal

agreement_in_force = Signal()
agreement_amended = Signal()
agreement_suspended = Signal()
agreement_terminated = Signal()
"""Its last day has come, before the agreed end."""
agreement_expired = Signal()
"""Its term is over."""
