"""How REST clients say who they are: a bearer token of one membership, or the browser's session."""

from __future__ import annotations

from django.conf import settings
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext as _
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework import exceptions
from rest_framework.authentication import BaseAuthentication, SessionAuthentication, get_authorization_header
from rest_framework.request import Request

from apps.accounts.models import User
from apps.core.addresses import client_address
from apps.core.errors import SecondFactorMissing

from .throttling import count_call
from .tokens import token_found, token_used


class TokenAuthentication(BaseAuthentication):
    """``Authorization: Bearer <token>``. Unknown, expired, revoked and orphaned tokens get the same 401; 429 beyond the rate."""

    def authenticate(self, request: Request) -> tuple[User, None] | None:
        parts = get_authorization_header(request).split()
        if not parts or parts[0].lower() != b"bearer":
            return None
        use = token_found(parts[1].decode("latin-1")) if len(parts) == 2 else None
        if use is None:
            raise exceptions.AuthenticationFailed("The token is not valid.")
        count_call(request._request, use.token_id)
        token_used(use, client_address(request._request))
        actor = use.actor
        request._request.actor = actor  # type: ignore[attr-defined]  # typed by core.views.PortalRequest
        # Few calls ask more of the person than the actor knows.
        return SimpleLazyObject(lambda: User.objects.get(pk=actor.user_id)), None  # type: ignore[return-value]  # is a User

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="api"'


class ActorSessionAuthentication(SessionAuthentication):
    """The browser's session, whose actor the middleware has set; unsafe methods need the CSRF token."""

    def authenticate(self, request: Request) -> tuple[User, None] | None:
        if request._request.factor_missing:  # type: ignore[attr-defined]  # typed by core.views.PortalRequest
            raise SecondFactorMissing(_("Sign in with a second factor first."))
        found: tuple[User, None] | None = super().authenticate(request)
        return found


class TokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # untyped base
    """Describes the token in the OpenAPI document."""

    target_class = TokenAuthentication
    name = "token"

    def get_security_definition(self, auto_schema: object) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer"}


class SessionScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # untyped base
    target_class = ActorSessionAuthentication
    name = "session"

    def get_security_definition(self, auto_schema: object) -> dict[str, str]:
        return {"type": "apiKey", "in": "cookie", "name": settings.SESSION_COOKIE_NAME}
