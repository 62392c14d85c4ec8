"""Which organizations belong to a vocational education group.

Owns ``GroupMember``. A group sees its members' figures (``apps.reporting``), never their people.
"""
