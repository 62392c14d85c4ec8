"""Pages of schemes, rounds, sheets and results."""
