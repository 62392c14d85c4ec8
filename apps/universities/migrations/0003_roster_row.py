from django.db import migrations

# Rows of a file while one transaction works on them. The portal's role may not make temporary tables, and nothing of this is worth
# a log: the rows are gone before the transaction commits.
CREATE = """
    CREATE UNLOGGED TABLE roster_row (
        roster_id bigint NOT NULL, row int NOT NULL,
        number text NOT NULL, name text NOT NULL, email text NOT NULL, programme text NOT NULL, school_class text NOT NULL,
        identity_kind text NOT NULL, identity_index text NOT NULL, unit text NOT NULL, title text NOT NULL,
        entry_year int, birth_date date, identity_sealed bytea,
        mail_user bigint, number_user bigint, identity_user bigint, has_left boolean NOT NULL DEFAULT false,
        user_id bigint, is_owned boolean NOT NULL DEFAULT true, is_active boolean NOT NULL DEFAULT true,
        membership_id bigint, programme_id bigint, class_id bigint, class_programme bigint,
        unit_id bigint, units int NOT NULL DEFAULT 0, outcome text NOT NULL DEFAULT 'created',
        PRIMARY KEY (roster_id, row)
    )
"""


class Migration(migrations.Migration):

    dependencies = [("universities", "0002_roster")]

    operations = [migrations.RunSQL(CREATE, "DROP TABLE roster_row")]
