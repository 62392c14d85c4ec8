import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


def programmes_from_text(apps, schema_editor):
    """Every programme that was written in a student's profile becomes one of the university."""
    StudentProfile = apps.get_model("universities", "StudentProfile")
    Programme = apps.get_model("universities", "Programme")
    wanted = StudentProfile.objects.values_list("membership__organization_id", "programme_text").distinct()
    for university_id, name in wanted:
        programme = Programme.objects.create(university_id=university_id, name=name)
        StudentProfile.objects.filter(membership__organization_id=university_id, programme_text=name).update(
            university_id=university_id, programme=programme
        )


def programmes_as_text(apps, schema_editor):
    StudentProfile = apps.get_model("universities", "StudentProfile")
    for programme in apps.get_model("universities", "Programme").objects.all():
        StudentProfile.objects.filter(programme=programme).update(programme_text=programme.name)


class Migration(migrations.Migration):

    dependencies = [
        ("organizations", "0002_identity"),
        ("jobs", "0003_job_permission"),
        ("universities", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Programme",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.CharField(blank=True, max_length=30, verbose_name="code")),
                ("name", models.CharField(max_length=100, verbose_name="name")),
                ("name_en", models.CharField(blank=True, max_length=150, verbose_name="name in English")),
                ("university", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="programmes", to="organizations.organization")),
            ],
            options={"verbose_name": "programme", "verbose_name_plural": "programmes", "ordering": ["name", "pk"]},
        ),
        migrations.RenameField("studentprofile", "programme", "programme_text"),
        migrations.AlterField(
            model_name="studentprofile",
            name="programme_text",
            field=models.CharField(default="", max_length=100),
        ),
        migrations.AddField(
            model_name="studentprofile",
            name="university",
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name="students", to="organizations.organization"),
        ),
        migrations.AddField(
            model_name="studentprofile",
            name="programme",
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name="students", to="universities.programme", verbose_name="programme"),
        ),
        migrations.RunPython(programmes_from_text, programmes_as_text),
        migrations.RunSQL("SET CONSTRAINTS ALL IMMEDIATE", migrations.RunSQL.noop),
        migrations.RemoveField("studentprofile", "programme_text"),
        migrations.AlterField(
            model_name="studentprofile",
            name="university",
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="students", to="organizations.organization"),
        ),
        migrations.AlterField(
            model_name="studentprofile",
            name="programme",
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="students", to="universities.programme", verbose_name="programme"),
        ),
        migrations.CreateModel(
            name='RosterImport',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('students', 'students'), ('teachers', 'teachers'), ('programmes', 'programmes'), ('classes', 'classes')], max_length=10, verbose_name='kind')),
                ('file', models.FileField(blank=True, max_length=200, upload_to='roster/', verbose_name='file')),
                ('file_name', models.CharField(max_length=255, verbose_name='file name')),
                ('encoding', models.CharField(blank=True, max_length=12, verbose_name='encoding')),
                ('delimiter', models.CharField(blank=True, max_length=1, verbose_name='separator')),
                ('sheet', models.CharField(blank=True, max_length=100, verbose_name='sheet')),
                ('mapping', models.JSONField(blank=True, default=dict, help_text='Headings of the file by field.', verbose_name='columns')),
                ('mail_domain', models.CharField(blank=True, max_length=100, verbose_name='mail domain')),
                ('create_missing', models.BooleanField(default=False, verbose_name='create what is missing')),
                ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='uploaded')),
                ('version', models.PositiveIntegerField(default=1)),
                ('sound_version', models.PositiveIntegerField(default=0, verbose_name='checked without errors')),
                ('committed_at', models.DateTimeField(blank=True, null=True, verbose_name='taken over')),
            ],
            options={
                'verbose_name': 'roster import',
                'verbose_name_plural': 'roster imports',
                'ordering': ['-pk'],
            },
        ),
        migrations.CreateModel(
            name='SchoolClass',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=60, verbose_name='name')),
                ('entry_year', models.PositiveSmallIntegerField(verbose_name='year of entry')),
            ],
            options={
                'verbose_name': 'class',
                'verbose_name_plural': 'classes',
                'ordering': ['name', 'pk'],
            },
        ),
        migrations.CreateModel(
            name='TeacherProfile',
            fields=[
                ('membership', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='teacher', serialize=False, to='organizations.membership')),
                ('staff_number', models.CharField(max_length=30, verbose_name='staff number')),
            ],
            options={
                'verbose_name': 'teacher',
                'verbose_name_plural': 'teachers',
            },
        ),
        migrations.AddField(
            model_name='studentprofile',
            name='identity_index',
            field=models.CharField(blank=True, editable=False, max_length=64),
        ),
        migrations.AddField(
            model_name='studentprofile',
            name='identity_kind',
            field=models.CharField(blank=True, choices=[('resident', 'resident identity card'), ('passport', 'passport'), ('other', 'other document')], max_length=10, verbose_name='document'),
        ),
        migrations.AddField(
            model_name='studentprofile',
            name='identity_sealed',
            field=models.BinaryField(null=True),
        ),
        migrations.AddConstraint(
            model_name='programme',
            constraint=models.UniqueConstraint(fields=('university', 'name'), name='programme_unique_name', violation_error_message='The university has a programme of this name already.'),
        ),
        migrations.AddConstraint(
            model_name='programme',
            constraint=models.UniqueConstraint(condition=models.Q(('code', ''), _negated=True), fields=('university', 'code'), name='programme_unique_code', violation_error_message='The university has a programme with this code already.'),
        ),
        migrations.AddField(
            model_name='rosterimport',
            name='check_job',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='jobs.jobrun'),
        ),
        migrations.AddField(
            model_name='rosterimport',
            name='commit_job',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='jobs.jobrun'),
        ),
        migrations.AddField(
            model_name='rosterimport',
            name='created_by',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='uploaded by'),
        ),
        migrations.AddField(
            model_name='rosterimport',
            name='university',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='roster_imports', to='organizations.organization'),
        ),
        migrations.AddField(
            model_name='schoolclass',
            name='programme',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='classes', to='universities.programme', verbose_name='programme'),
        ),
        migrations.AddField(
            model_name='schoolclass',
            name='university',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='school_classes', to='organizations.organization'),
        ),
        migrations.AddField(
            model_name='studentprofile',
            name='school_class',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='students', to='universities.schoolclass', verbose_name='class'),
        ),
        migrations.AddConstraint(
            model_name='studentprofile',
            constraint=models.UniqueConstraint(fields=('university', 'student_number'), name='student_unique_number', violation_error_message='The university has a student with this number already.'),
        ),
        migrations.AddConstraint(
            model_name='studentprofile',
            constraint=models.UniqueConstraint(condition=models.Q(('identity_index', ''), _negated=True), fields=('university', 'identity_index'), name='student_unique_identity', violation_error_message='The university has a student with this identity number already.'),
        ),
        migrations.AddConstraint(
            model_name='studentprofile',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('identity_index', ''), ('identity_kind', ''), ('identity_sealed', None)), models.Q(('identity_sealed__isnull', False), models.Q(('identity_index', ''), _negated=True), models.Q(('identity_kind', ''), _negated=True)), _connector='OR'), name='student_identity_whole'),
        ),
        migrations.AddField(
            model_name='teacherprofile',
            name='university',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='teachers', to='organizations.organization'),
        ),
        migrations.AddConstraint(
            model_name='schoolclass',
            constraint=models.UniqueConstraint(fields=('university', 'name'), name='school_class_unique_name', violation_error_message='The university has a class of this name already.'),
        ),
        migrations.AddConstraint(
            model_name='teacherprofile',
            constraint=models.UniqueConstraint(fields=('university', 'staff_number'), name='teacher_unique_number', violation_error_message='The university has a teacher with this number already.'),
        ),
    ]
