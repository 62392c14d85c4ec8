"""Telling people: one notification per event, one delivery per person, in the portal and by e-mail.

Owns ``Notification`` and ``Delivery`` and the registry of kinds. Upper apps define their kinds in ``notices.py`` and call
``notify`` in the transaction of what happened; a worker finds the recipients and writes the deliveries. In the portal
exactly once (unique notification × person); by e-mail at least once, with a stable Message-ID.
"""
