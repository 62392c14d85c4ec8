"""Who may do what in the acting organization, over REST."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ViewSet

from apps.core.api import problem_responses
from apps.core.rest import actor_of

from .models import Membership, Role
from .rights import RIGHTS, can_manage_rights, people_by_role, personal_codenames, role_codenames


class PersonalRightsSerializer(serializers.Serializer):
    member = serializers.IntegerField(help_text="Id of the member.")
    permissions = serializers.ListField(child=serializers.CharField())


class RoleRightsSerializer(serializers.Serializer):
    role = serializers.CharField()
    people = serializers.IntegerField(help_text="How many act in this role now.")
    permissions = serializers.ListField(child=serializers.CharField())
    personal = PersonalRightsSerializer(many=True, help_text="Who of them may do more, and what.")


class RightsViewSet(ViewSet):
    """What each role of your organization may do, and who may do more."""

    @extend_schema(
        summary="Who may do what in your organization, for its administrators",
        responses={200: RoleRightsSerializer(many=True), **problem_responses(401, 403)},
    )
    def list(self, request: Request) -> Response:
        actor = actor_of(request)
        can_manage_rights(actor, actor.organization_id).require()
        roles, personal = role_codenames(actor.organization_id), personal_codenames(actor.organization_id)
        people = people_by_role(actor.organization_id)
        acting = dict(Membership.objects.filter(pk__in=personal).values_list("pk", "role"))
        return Response(
            [
                {
                    "role": role,
                    "people": people[role],
                    "permissions": _in_order(roles[role]),
                    "personal": [
                        {"member": pk, "permissions": _in_order(personal[pk])}
                        for pk in sorted(personal)
                        if acting[pk] == role
                    ],
                }
                for role in Role.values
            ]
        )


def _in_order(codenames: set[str]) -> list[str]:
    return [codename for codename in RIGHTS if codename in codenames]
