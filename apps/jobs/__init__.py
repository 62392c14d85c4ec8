"""What must happen later, and must happen once: the outbox, long jobs, and remembered answers of the API.

Owns ``OutboxMessage`` (written in the business transaction, handled by a Celery worker under a lease), ``JobRun`` (long work that
a person asked for and watches) and ``IdempotentAnswer`` (what a creating POST answered). Upper apps register handlers with
``@outbox_handler`` and ``@job_handler``. Nothing here depends on Redis: all of it lives in Postgres until a handler has
committed.
"""
