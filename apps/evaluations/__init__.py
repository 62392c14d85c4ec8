"""One published standard, and scheduled occasions on which both tutors score against it.

Owns ``EvaluationScheme`` with weighted ``Criterion`` rows, ``EvaluationPlan`` (which placements, how often),
``EvaluationRound`` (opened and closed by the schedule), ``Evaluation`` with ``Score`` rows, and ``PlacementResult``, the weighted
result of a placement in a closed round. A plan's due dates are found by a query: a schedule that was down opens every missed
round once.
"""
