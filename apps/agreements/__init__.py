"""Contracts between any number of organizations, signed in the browser.

Owns ``Agreement``, ``AgreementParty`` and ``Signature``. An agreement is drafted by one party, submitted, signed once by each
party (the signature binds the hash of what was shown), in force from the last signature until its end or termination.
Announces ``agreement_in_force`` and ``agreement_terminated``. What an agreement allows is asked from below by
``AgreementQuerySet.in_force_on``; what happens under it belongs to the apps above.
"""
