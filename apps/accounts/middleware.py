"""Language and theme as the person chose them."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.template.response import SimpleTemplateResponse
from django.utils import translation

from .models import User


class PreferencesMiddleware:
    """Activates the language of the person, else of the cookie, else of the browser; sets ``request.theme``."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if isinstance(request.user, User):
            language, theme = request.user.language, request.user.theme
        else:
            language = translation.get_language_from_request(request)
            theme = request.COOKIES.get(settings.THEME_COOKIE_NAME, User.Theme.AUTO)
        request.theme = theme if theme in User.Theme.values else User.Theme.AUTO  # type: ignore[attr-defined]  # read by the layout
        with translation.override(language if language in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE):
            request.LANGUAGE_CODE = translation.get_language() or settings.LANGUAGE_CODE
            response = self.get_response(request)
            if isinstance(response, SimpleTemplateResponse) and not response.is_rendered:
                response.render()
        response.headers.setdefault("Content-Language", request.LANGUAGE_CODE)
        return response
