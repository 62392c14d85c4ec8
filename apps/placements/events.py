"""What placements announce. Receivers run in the sender's transaction.

Each is sent with ``actor`` and ``placement``.
"""

from django.dispatch import Signal

placement_started = Signal()
placement_completed = Signal()
placement_broken_off = Signal()

tutor_replaced = Signal()
"""Another tutor follows on one side of placements that are under way.

Sent with ``actor``, ``placement_ids``, ``side`` ("academic" or "enterprise") and ``tutor_id``, the membership that follows.
"""
