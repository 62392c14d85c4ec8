"""API tokens of the demo: one in use, one that ends soon, one that was revoked. Nobody keeps their secrets."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from apps.organizations.models import ApiToken
from apps.organizations.tokens import token_create, token_revoke

from .stage import Stage


def play(stage: Stage) -> None:
    """The administrator of 太湖理工 made them for the coordinator and for themselves."""
    administrator, coordinator = stage.actor("zhou.min"), stage.members["chen.lixin"]
    in_use, _secret = token_create(
        administrator, membership_id=coordinator.pk, name="教务系统对接", scope=ApiToken.Scope.READ
    )
    used = {"last_used_at": timezone.now() - timedelta(minutes=7), "last_address": "203.0.113.20"}
    ApiToken.objects.filter(pk=in_use.pk).update(**used)
    token_create(
        administrator,
        membership_id=administrator.membership_id,
        name="月度报表脚本",
        scope=ApiToken.Scope.READ,
        days=10,
    )
    old, _secret = token_create(
        administrator, membership_id=coordinator.pk, name="旧版同步程序", scope=ApiToken.Scope.WRITE
    )
    token_revoke(administrator, token_id=old.pk)
