"""What applications announce, and what their pages ask of the apps above. Receivers run in the sender's transaction.

The announcements are sent with ``actor`` and ``application``.
"""

from django.dispatch import Signal

application_accepted = Signal()

application_withdrawn = Signal()
"""Sent before the place of an accepted application is given back.

A receiver raises ``WrongState`` when it is too late to withdraw, and returns ``PLACE_IS_FREE`` when the place has been given
back already.
"""

PLACE_IS_FREE = "the place is free"

application_shown = Signal()
"""The page of an application is being made: sent with ``request`` and ``application``; a receiver returns safe HTML (acts)."""
