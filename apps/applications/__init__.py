"""A student asks for a place.

Owns ``Application``: submitted, accepted, rejected or withdrawn. Accepting takes a place of the position by one conditional
update, so that capacity is never exceeded; in a first-come intake the application does it itself, in one statement
(``claim``). Announces ``application_accepted`` and ``application_withdrawn``. Leaves the placement that follows to
``apps.placements``.
"""
