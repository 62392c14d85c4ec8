"""The jobs, one file each, in the order in which they are measured."""

from benchmarks.job import Job
from benchmarks.jobs import apply, home, home_page, placement_list, placement_page, progress_log, unread_count

_ALL = (progress_log, apply, placement_list, unread_count, home, placement_page, home_page)
JOBS: dict[str, Job] = {module.JOB.key: module.JOB for module in _ALL}
