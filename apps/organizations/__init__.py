"""Organizations of every kind, the regions they lie in, and who belongs to them as what.

Owns ``Region``, ``Organization``, ``Membership``, ``RoleGroup`` (one Django group per organization and role, holding the
organization's guardian permissions) and ``ApiToken``. Offers the ``Actor`` of a request or a token, switching between
memberships, and the services that make and end memberships. Leaves what each kind of organization does to the apps above.
"""
