"""What people may ask of their own data: a copy, erasure, consent given and withdrawn, guardians of minors.

Owns consents, guardians, requests for erasure, the record of disclosures, and the register in which every model that points
to a person is classified (export, keep, erase). Knows nothing of organizations; upper apps register what they hold.
"""
