"""What must happen later, and must happen once: the outbox, its relay, and remembered answers of the API.

Owns ``OutboxMessage`` (written in the business transaction, handled by a Celery worker under a lease) and
``IdempotentAnswer`` (what a creating POST answered). Upper apps register handlers with ``@outbox_handler``. Nothing here
depends on Redis: a message lives in Postgres until its handler has committed.
"""
