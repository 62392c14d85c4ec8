"""Pages of placements, progress logs and journals."""
