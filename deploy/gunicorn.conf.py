"""Gunicorn as the portal wants it, in development and in production alike; the address to bind comes from outside."""

import os
from pathlib import Path

wsgi_app = "collab_portal.wsgi"
worker_class = "gthread"
workers = int(os.environ.get("WEB_WORKERS", "2"))
threads = int(os.environ.get("WEB_THREADS", "8"))
timeout = 60
graceful_timeout = 10
accesslog = "-"
# Its control socket would lie in the home directory, one for all portals of a user.
control_socket_disable = True

# Workers show that they live by touching a file: on a disk they could be taken for dead while the disk is busy.
_memory = Path("/dev/shm")  # noqa: S108  # only unnamed files are made there
if os.access(_memory, os.W_OK):
    worker_tmp_dir = str(_memory)
