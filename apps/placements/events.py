"""What placements announce. Receivers run in the sender's transaction.

Each is sent with ``actor`` and ``placement``.
"""

from django.dispatch import Signal

placement_started = Signal()
placement_completed = Signal()
placement_broken_off = Signal()
