"""Where the short messages to a person wait for the next page."""

from django.conf import settings
from django.contrib.messages.storage.cookie import CookieStorage
from django.contrib.messages.storage.fallback import FallbackStorage
from django.contrib.messages.storage.session import SessionStorage


class MessageCookie(CookieStorage):
    """A signed cookie, which costs no statement; under https with a name that only this host can set."""

    @property
    def cookie_name(self) -> str:  # type: ignore[override]  # the name depends on the settings
        return "__Host-messages" if settings.SESSION_COOKIE_SECURE else "messages"


class MessageStorage(FallbackStorage):
    """The cookie; what does not fit there waits in the session."""

    storage_classes = (MessageCookie, SessionStorage)
