"""WeChat, DingTalk and WeCom sign in who connected their account before, and nobody else."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from allauth.socialaccount.models import SocialAccount
from allauth.socialaccount.providers.dingtalk.views import DingTalkOAuth2Adapter
from allauth.socialaccount.providers.weixin.views import WeixinOAuth2Adapter
from django.test import Client
from django.urls import reverse

from apps.accounts.models import User
from apps.accounts.wecom.views import WeComAdapter
from tests.factories.organizations import confirm, make_person

pytestmark = pytest.mark.django_db
HOME = reverse("portal:home")

# What the documents of the services show, by the path that is asked.
ANSWERS: dict[str, dict[str, Any]] = {
    "/weixin/token": {"access_token": "T", "expires_in": 7200, "openid": "oW1", "scope": "snsapi_login"},
    "/weixin/who": {"openid": "oW1", "nickname": "Ada", "unionid": "u1"},
    "/dingtalk/token": {"accessToken": "T", "refreshToken": "R", "expireIn": 7200},
    "/dingtalk/who": {"openId": "oD1", "nick": "Ada", "unionId": "u1"},
    "/wecom/token": {"errcode": 0, "errmsg": "ok", "access_token": "T", "expires_in": 7200},
    "/wecom/who": {"errcode": 0, "errmsg": "ok", "userid": "ada"},
}
UIDS = {"weixin": "oW1", "dingtalk": "oD1", "wecom": "WECOM-id:ada"}
PAGES = {
    "weixin": ("https://open.weixin.qq.com/connect/qrconnect", "appid", "WEIXIN-id"),
    "dingtalk": ("https://login.dingtalk.com/oauth2/auth", "client_id", "DINGTALK-id"),
    "wecom": ("https://login.work.weixin.qq.com/wwlogin/sso/login", "appid", "WECOM-id"),
}
ADAPTERS = {"weixin": WeixinOAuth2Adapter, "dingtalk": DingTalkOAuth2Adapter, "wecom": WeComAdapter}
services = pytest.mark.parametrize("service", sorted(ADAPTERS))


class Service(ThreadingHTTPServer):
    asked: list[tuple[str, dict[str, Any]]]
    answers: dict[str, dict[str, Any]]


class Handler(BaseHTTPRequestHandler):
    server: Service

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        sent = {name: values[0] for name, values in parse_qs(url.query).items()}
        length = int(self.headers.get("Content-Length", 0))
        if length:
            body = self.rfile.read(length).decode()
            sent |= json.loads(body) if body.startswith("{") else {k: v[0] for k, v in parse_qs(body).items()}
        self.server.asked.append((url.path, sent))
        answer = json.dumps(self.server.answers[url.path]).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    do_POST = do_GET  # noqa: N815  # a name of http.server

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


@pytest.fixture
def stub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Service]:
    """Stands in for all three, at a port of this machine."""
    server = Service(("127.0.0.1", 0), Handler)
    server.asked, server.answers = [], dict(ANSWERS)
    for name, adapter in ADAPTERS.items():
        monkeypatch.setattr(adapter, "access_token_url", f"http://127.0.0.1:{server.server_port}/{name}/token")
        monkeypatch.setattr(adapter, "profile_url", f"http://127.0.0.1:{server.server_port}/{name}/who")
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def leave(browser: Client, service: str, process: str = "login") -> tuple[str, dict[str, str]]:
    answer = browser.post(reverse(f"{service}_login") + f"?process={process}")
    address, _mark, query = answer.headers["Location"].partition("?")
    return address, {name: values[0] for name, values in parse_qs(query).items()}


def come_back(browser: Client, service: str, state: str) -> Any:
    return browser.get(reverse(f"{service}_callback"), {"code": "C", "authCode": "C", "state": state})


@pytest.fixture
def member() -> tuple[User, Client]:
    person, browser = make_person(), Client()
    browser.force_login(person)
    confirm(browser, person)
    return person, browser


@services
def test_button_leads_to_the_page_of_the_service(service: str, stub: Service) -> None:
    browser = Client()
    assert reverse(f"{service}_login") in browser.get(reverse("account_login")).content.decode()
    assert browser.get(reverse(f"{service}_login")).status_code == 200
    address, query = leave(browser, service)
    page, name, value = PAGES[service]
    assert (address, query[name]) == (page, value)
    assert query["redirect_uri"] == f"http://testserver{reverse(f'{service}_callback')}"
    assert query["state"]
    if service == "wecom":
        assert (query["login_type"], query["agentid"]) == ("CorpApp", "1000002")


@services
def test_who_connected_the_account_signs_in_with_it(service: str, stub: Service, member: tuple[User, Client]) -> None:
    person, browser = member
    come_back(browser, service, leave(browser, service, "connect")[1]["state"])
    assert (SocialAccount.objects.get().user, SocialAccount.objects.get().uid) == (person, UIDS[service])
    assert person.email not in json.dumps(stub.asked)
    other = Client()
    answer = come_back(other, service, leave(other, service)[1]["state"])
    assert answer.headers["Location"] == HOME
    assert other.get(HOME).status_code == 200
    token, who = stub.asked[-2:]
    assert f"{service.upper()}-secret" in token[1].values()
    assert who[0] == f"/{service}/who"


@services
def test_who_did_not_connect_it_becomes_nobody(service: str, stub: Service) -> None:
    browser = Client()
    answer = come_back(browser, service, leave(browser, service)[1]["state"])
    assert answer.status_code == 200
    assert not User.objects.exists()
    assert browser.get(HOME).status_code == 302


@services
def test_wrong_state_and_refusal_of_the_service_are_pages(service: str, stub: Service) -> None:
    browser = Client()
    leave(browser, service)
    assert come_back(browser, service, "made-up").status_code == 401
    stub.answers[f"/{service}/token"] = {"errcode": 40029, "errmsg": "invalid code"}
    answer = come_back(browser, service, leave(browser, service)[1]["state"])
    assert answer.status_code == 401
    assert not User.objects.exists()


def test_guest_of_a_corporation_is_refused(stub: Service) -> None:
    stub.answers["/wecom/who"] = {"errcode": 0, "errmsg": "ok", "openid": "guest"}
    browser = Client()
    assert come_back(browser, "wecom", leave(browser, "wecom")[1]["state"]).status_code == 401


def test_connection_can_be_removed(stub: Service, member: tuple[User, Client]) -> None:
    _person, browser = member
    come_back(browser, "wecom", leave(browser, "wecom", "connect")[1]["state"])
    page = browser.get(reverse("socialaccount_connections"))
    assert "WeCom" in page.content.decode()
    browser.post(reverse("socialaccount_connections"), {"account": SocialAccount.objects.get().pk})
    assert not SocialAccount.objects.exists()
