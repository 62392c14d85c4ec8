from django.db import migrations


class Migration(migrations.Migration):
    """The acts of an organization, newest first: pghistory keeps who acted in JSON and has no index of its own."""

    dependencies = [("audit", "0001_security_events"), ("pghistory", "0007_auto_20250421_0444")]

    operations = [
        migrations.RunSQL(
            "CREATE INDEX audit_context_organization ON pghistory_context"
            " (((metadata ->> 'organization')::bigint), created_at DESC, id DESC)"
            " WHERE metadata ? 'organization'",
            "DROP INDEX audit_context_organization",
        )
    ]
