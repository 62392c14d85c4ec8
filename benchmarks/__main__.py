"""`python -m benchmarks [JOB…]`, beside a running portal: `make bench ARGS="a c --rounds 5"`."""

import os
import sys

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "collab_portal.settings")
django.setup()

from benchmarks.runner import main  # noqa: E402  # the jobs import models

sys.exit(main())
