"""What can be done with schemes, plans, rounds and sheets."""

from .evaluations import evaluation_submit
from .plans import plan_create
from .rounds import rounds_close_due, rounds_open_due
from .schemes import scheme_create, scheme_publish, scheme_revise

__all__ = [
    "evaluation_submit",
    "plan_create",
    "rounds_close_due",
    "rounds_open_due",
    "scheme_create",
    "scheme_publish",
    "scheme_revise",
]
