from __future__ import annotations

from typing import Any

from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.models import SocialLogin, SocialToken
from allauth.socialaccount.providers.oauth2.client import OAuth2Client, OAuth2Error
from allauth.socialaccount.providers.oauth2.views import OAuth2Adapter, OAuth2CallbackView, OAuth2LoginView
from django.http import HttpRequest
from django.utils.http import urlencode


class WeComClient(OAuth2Client):
    """Not quite OAuth 2: the access token is that of the corporation, and the code says who scanned."""

    def get_redirect_url(self, authorization_url: str, scope: list[str], extra_params: dict[str, str]) -> str:
        app = get_adapter().get_app(self.request, provider="wecom")
        params = {
            "login_type": "CorpApp",
            "appid": self.consumer_key,
            "agentid": app.settings["agent"],
            "redirect_uri": self.callback_url,
            "state": self.state or "",
        }
        return f"{authorization_url}?{urlencode(params)}"

    def get_access_token(
        self, code: str, pkce_code_verifier: str | None = None, extra_data: Any = None
    ) -> dict[str, Any]:
        params = {"corpid": self.consumer_key, "corpsecret": self.consumer_secret}
        return answer_of(self.access_token_url, params, "access_token")


class WeComAdapter(OAuth2Adapter):
    provider_id = "wecom"
    authorize_url = "https://login.work.weixin.qq.com/wwlogin/sso/login"
    access_token_url = "https://qyapi.weixin.qq.com/cgi-bin/gettoken"  # noqa: S105  # an address
    profile_url = "https://qyapi.weixin.qq.com/cgi-bin/auth/getuserinfo"
    client_class = WeComClient

    def complete_login(self, request: HttpRequest, app: Any, token: SocialToken, **kwargs: Any) -> SocialLogin:
        """Members of the corporation have a ``userid``; guests have none and are refused."""
        params = {"access_token": token.token, "code": request.GET.get("code", "")}
        return self.get_provider().sociallogin_from_response(request, answer_of(self.profile_url, params, "userid"))


def answer_of(url: str, params: dict[str, str], needed: str) -> dict[str, Any]:
    """What the interface answers; ``OAuth2Error`` when it refuses or the answer lacks what is needed."""
    with get_adapter().get_requests_session() as session:
        response = session.get(url, params=params)
        response.raise_for_status()
        answer: dict[str, Any] = response.json()
    if answer.get("errcode") or not answer.get(needed):
        raise OAuth2Error(f"WeCom answered {answer.get('errcode')}")
    return answer


oauth2_login = OAuth2LoginView.adapter_view(WeComAdapter)
oauth2_callback = OAuth2CallbackView.adapter_view(WeComAdapter)
