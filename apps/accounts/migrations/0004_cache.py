"""The table of the cache in the database, as ``createcachetable`` makes it."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("accounts", "0003_queued_mail")]

    operations = [
        migrations.RunSQL(
            """
            CREATE TABLE IF NOT EXISTS cache (
                cache_key varchar(255) NOT NULL PRIMARY KEY, value text NOT NULL, expires timestamp with time zone NOT NULL
            );
            CREATE INDEX IF NOT EXISTS cache_expires ON cache (expires);
            """,
            "DROP TABLE cache",
        )
    ]
