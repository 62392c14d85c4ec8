"""People: who can sign in, and what each prefers.

Owns ``User`` (e-mail sign-in, language, theme) and the sign-in pages. Knows nothing of organizations: what a person may do
comes from memberships (``apps.organizations``).
"""
