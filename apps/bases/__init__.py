"""Places of practice and their open calls.

Owns ``Base`` (set up under an agreement in force that opens bases), ``Intake`` and ``Position``. An intake opens only while
the agreement of its base is in force and opens placements; a terminated agreement closes its intakes. Offers ``place_take``
and ``place_free``, by which the apps above change how many places of a position are taken; the first-come application does
the same inside its own statement. The page of an intake asks by ``intake_shown`` what the apps above have to show there.
Leaves applications and placements to them.
"""
