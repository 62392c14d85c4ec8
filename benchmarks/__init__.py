"""What the portal's hot endpoints cost, as ratios to a bare request on the same machine in the same run.

`make bench` runs a portal with large demo data and `python -m benchmarks` beside it. One file in `jobs` for each job: what is
measured, on which data, its floor and its goal. How to read the figures: docs/benchmarks.md.
"""


class BenchmarkError(Exception):
    """Why something could not be measured; shown as one line."""
