"""Life at the base: an accepted student with two tutors, from a day to a day.

Owns ``Placement``, ``ProgressLog`` (what the enterprise tutor records) and ``Journal`` (what the student writes, answered by
tutors). A placement is arranged for an accepted application by the university, gets its enterprise tutor from the host, and
starts only with both tutors named, the agreement of its base in force, and its own tri-party agreement signed by all.
``placement_agreement_draft`` makes that one, and a job those of a whole intake. Leaves scores to ``apps.evaluations``.
"""
