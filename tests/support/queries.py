"""The queries that every page costs beside its own: session, person, acting membership and what the shell shows."""

SHELL = 0
"""How many of them are not yet counted by the tests of single pages."""
