from __future__ import annotations

from typing import Any

from allauth.socialaccount.providers.base import ProviderAccount
from allauth.socialaccount.providers.oauth2.provider import OAuth2Provider

from .views import WeComAdapter


class WeComAccount(ProviderAccount):
    def to_str(self) -> str:
        return str(self.account.uid)


class WeComProvider(OAuth2Provider):
    id = "wecom"
    name = "WeCom"
    account_class = WeComAccount
    oauth2_adapter_class = WeComAdapter

    def extract_uid(self, data: dict[str, Any]) -> str:
        """A ``userid`` is unique in its corporation."""
        return f"{self.app.client_id}:{data['userid']}"

    def extract_common_fields(self, data: dict[str, Any]) -> dict[str, Any]:
        return {"name": data["userid"]}


provider_classes = [WeComProvider]
