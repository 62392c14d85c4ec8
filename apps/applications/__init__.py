"""A student asks for a place.

Owns ``Application``: submitted, accepted, rejected or withdrawn. Accepting takes a place of the position by one conditional
update, so that capacity is never exceeded; in a first-come intake the application itself does. Announces
``application_accepted``. Leaves the placement that follows to ``apps.placements``.
"""
