"""What every page costs beside its own queries."""

SHELL = 5
"""Session, person, acting membership with its rights, memberships to switch between, unread count."""
REST = 1
"""Token and acting membership with its rights, in one."""
