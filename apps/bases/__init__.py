"""Places of practice and their open calls.

Owns ``Base`` (set up under an agreement in force), ``Intake`` and ``Position``. An intake opens only while the agreement of
its base is in force; a terminated agreement closes its intakes. Offers ``place_take`` and ``place_free``, the one way in which
the places of a position change. Leaves applications and placements to the apps above.
"""
