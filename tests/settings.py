"""The portal's settings for tests: plain static files, fast passwords, mail in memory."""

import atexit
import os
import shutil
import tempfile

# Every way of signing in is there, so that none goes untested.
for _name in ("WEIXIN", "DINGTALK", "WECOM"):
    os.environ.update({f"{_name}_CLIENT_ID": f"{_name}-id", f"{_name}_CLIENT_SECRET": f"{_name}-secret"})
os.environ["WECOM_AGENT_ID"] = "1000002"

from collab_portal.settings import *  # noqa: E402, F403  # read from the environment
from collab_portal.settings import DATABASES, REDIS_URL, STORAGES, TEMPLATES, env  # noqa: E402
from tests.support.strict import UndefinedVariable  # noqa: E402

DEBUG = False
OUTBOUND_INSIDE_ALLOWED = True
SECRET_KEY = "tests"
STORAGES = STORAGES | {"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
TEMPLATES[0]["OPTIONS"]["string_if_invalid"] = UndefinedVariable()  # type: ignore[index]  # Django's own structure
WHITENOISE_AUTOREFRESH = True
LANGUAGE_CODE = "en"
# Tests make their own databases, as the owner; what the portal's role may do there is tests/audit/test_database_role.py.
APPLICATION_DATABASE = DATABASES["default"]
if env.str("DATABASE_OWNER_URL", default=""):
    DATABASES = {"default": APPLICATION_DATABASE | env.db_url("DATABASE_OWNER_URL")}
    DATABASES["default"]["OPTIONS"] = APPLICATION_DATABASE["OPTIONS"]
# Tokens have the same keys in the databases of two processes, so each process counts calls in a Redis database of its own.
_process = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
REDIS_URL = f"{REDIS_URL.rpartition('/')[0]}/{_process % 15 + 1}"
# Files that tests upload go with the process.
MEDIA_ROOT = tempfile.mkdtemp(prefix="portal-tests-")
atexit.register(shutil.rmtree, MEDIA_ROOT, ignore_errors=True)
