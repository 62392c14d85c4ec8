"""The portal's settings for tests: plain static files, fast passwords, mail in memory."""

from collab_portal.settings import *  # noqa: F403
from collab_portal.settings import STORAGES, TEMPLATES
from tests.support.strict import UndefinedVariable

DEBUG = False
SECRET_KEY = "tests"
STORAGES = STORAGES | {"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
TEMPLATES[0]["OPTIONS"]["string_if_invalid"] = UndefinedVariable()  # type: ignore[index]  # Django's own structure
WHITENOISE_AUTOREFRESH = True
LANGUAGE_CODE = "en"
