"""The roster over REST: read, and the state of imports. Files are uploaded on the page, where their columns are mapped."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers

from apps.core.api import ActorViewSet

from .filters import ProgrammeFilter, RosterImportFilter, SchoolClassFilter, StudentFilter
from .models import Programme, RosterImport, SchoolClass, StudentProfile


class ProgrammeSerializer(serializers.ModelSerializer):
    class Meta:
        model = Programme
        fields = ["id", "code", "name", "name_en"]


@extend_schema_view(
    list=extend_schema(summary="Programmes of your university, newest first"),
    retrieve=extend_schema(summary="One programme"),
)
class ProgrammeViewSet(ActorViewSet):
    queryset = Programme.objects.all()
    serializer_class = ProgrammeSerializer
    filterset_class = ProgrammeFilter


class SchoolClassSerializer(serializers.ModelSerializer):
    programme_name = serializers.CharField(source="programme.name")

    class Meta:
        model = SchoolClass
        fields = ["id", "name", "programme", "programme_name", "entry_year"]


@extend_schema_view(
    list=extend_schema(summary="Classes of your university, newest first"),
    retrieve=extend_schema(summary="One class"),
)
class SchoolClassViewSet(ActorViewSet):
    queryset = SchoolClass.objects.select_related("programme")
    serializer_class = SchoolClassSerializer
    filterset_class = SchoolClassFilter


class StudentSerializer(serializers.ModelSerializer):
    """A student; the identity number is masked."""

    id = serializers.IntegerField(source="pk", help_text="The membership of the student.")
    name = serializers.CharField(source="membership.user.name")
    programme_name = serializers.CharField(source="programme.name")
    school_class_name = serializers.CharField(source="school_class.name", default="")
    identity = serializers.CharField(source="identity_masked")

    class Meta:
        model = StudentProfile
        fields = [
            "id",
            "student_number",
            "name",
            "programme",
            "programme_name",
            "school_class",
            "school_class_name",
            "entry_year",
            "identity_kind",
            "identity",
        ]


@extend_schema_view(
    list=extend_schema(summary="Students of your university, newest first; a student sees the own entry"),
    retrieve=extend_schema(summary="One student"),
)
class StudentViewSet(ActorViewSet):
    queryset = StudentProfile.objects.filter(membership__ended_at=None).select_related(
        "membership__user", "programme", "school_class"
    )
    serializer_class = StudentSerializer
    filterset_class = StudentFilter


class RosterImportSerializer(serializers.ModelSerializer):
    is_sound = serializers.BooleanField(help_text="The last check found no error.")

    class Meta:
        model = RosterImport
        fields = ["id", "kind", "file_name", "created_at", "check_job", "commit_job", "is_sound", "committed_at"]


@extend_schema_view(
    list=extend_schema(summary="Roster imports of your university, newest first"),
    retrieve=extend_schema(summary="One roster import; its jobs say how far they are"),
)
class RosterImportViewSet(ActorViewSet):
    queryset = RosterImport.objects.all()
    serializer_class = RosterImportSerializer
    filterset_class = RosterImportFilter


routes = [
    ("programmes", ProgrammeViewSet, "programme"),
    ("classes", SchoolClassViewSet, "class"),
    ("students", StudentViewSet, "student"),
    ("roster-imports", RosterImportViewSet, "roster-import"),
]
