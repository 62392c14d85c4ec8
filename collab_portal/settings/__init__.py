"""Settings of the portal, read from the environment; every value has a default that suits development.

Production sets at least ``SECRET_KEY``, ``FIELD_KEYS``, ``DATABASE_URL``, ``REDIS_URL``, ``ALLOWED_HOSTS`` and ``SITE_URL``
and leaves ``DEBUG`` off; with an https ``SITE_URL`` it does not start without. ``docs/operations.md`` describes the variables.
"""

from pathlib import Path

import environ
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from .https import HTTPS

env = environ.Env()

BASE_DIR = Path(__file__).resolve().parent.parent.parent
VAR_DIR = Path(env.str("VAR_DIR", default=str(BASE_DIR / "var")))

DEBUG = env.bool("DEBUG", default=False)
SECRET_KEY = env.str("SECRET_KEY", default="only-for-development-and-tests-never-for-production")
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
# "name:base64 of 32 bytes", the current one first; older ones are kept to read what they wrote.
FIELD_KEYS = env.list("FIELD_KEYS", default=["dev:b25seS1mb3ItZGV2ZWxvcG1lbnQtYW5kLXRlc3RzLTE="])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
SITE_URL = env.str("SITE_URL", default="http://localhost:8000")
# How many proxies of ours stand before the portal and write X-Forwarded-For; what is left of theirs is not believed.
TRUSTED_PROXY_COUNT = env.int("TRUSTED_PROXY_COUNT", default=0)

INSTALLED_APPS = [
    "apps.core",
    "apps.accounts",
    "apps.audit",
    "apps.jobs",
    "apps.privacy",
    "apps.organizations",
    "apps.notifications",
    "apps.agreements",
    "apps.universities",
    "apps.vocational_groups",
    "apps.bases",
    "apps.applications",
    "apps.placements",
    "apps.evaluations",
    "apps.reporting",
    "apps.portal",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.forms",
    "django_cotton.apps.SimpleAppConfig",
    "django_htmx",
    "tablericons",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "allauth.usersessions",
    "django_filters",
    "django_celery_beat",
    "guardian",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_fsm",
    "pgtrigger",
    "pghistory",
]

MIDDLEWARE = [
    # The first two stand outside everything that may answer, so that every answer has their headers.
    "csp.middleware.CSPMiddleware",
    "apps.core.headers.HeadersMiddleware",
    "apps.organizations.throttling.RateLimitMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "apps.accounts.devices.DeviceMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "apps.organizations.middleware.ActorMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "apps.accounts.middleware.PreferencesMiddleware",
    "apps.organizations.middleware.SuspensionMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "apps.core.middleware.DomainErrorMiddleware",
]

ROOT_URLCONF = "collab_portal.urls"
WSGI_APPLICATION = "collab_portal.wsgi.application"

COTTON_DIR = "components"
FORM_RENDERER = "apps.core.forms.PortalFormRenderer"
_loaders = [
    "django_cotton.cotton_loader.Loader",
    "django.template.loaders.filesystem.Loader",
    "django.template.loaders.app_directories.Loader",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "OPTIONS": {
            "loaders": _loaders if DEBUG else [("django.template.loaders.cached.Loader", _loaders)],
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "apps.portal.context_processors.shell",
            ],
            "builtins": ["django_cotton.templatetags.cotton", "apps.core.templatetags.portal"],
        },
    }
]

DATABASES = {
    "default": env.db_url("DATABASE_URL", default="postgres://portal@127.0.0.1:5432/portal")
    | {"CONN_MAX_AGE": env.int("CONN_MAX_AGE", default=600), "CONN_HEALTH_CHECKS": True}
}
DATABASES["default"].setdefault("OPTIONS", {}).update(
    connect_timeout=5,
    # Unset, each row that a history trigger writes costs an exception caught in a subtransaction of its own.
    options="-c pgtrigger.ignore={}",
)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = env.str("REDIS_URL", default="redis://127.0.0.1:6379/0")
CACHES = {
    # Limits and used codes of the sign-in stand here: Redis may vanish at any time, and they may not.
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "cache",
        "OPTIONS": {"MAX_ENTRIES": 100_000},
    },
    "redis": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
        "OPTIONS": {"socket_timeout": 1, "socket_connect_timeout": 1},
    },
}

# Celery: the queue is disposable, the truth is in Postgres (apps.jobs).
CELERY_BROKER_URL = REDIS_URL
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = True
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 600,
    "socket_timeout": 5,
    "socket_connect_timeout": 5,
    "retry_on_timeout": True,
}
CELERY_TASK_TIME_LIMIT = 600
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TIMEZONE = "Asia/Shanghai"
CELERY_BEAT_SCHEDULER = "django_celery_beat.schedulers:DatabaseScheduler"
CELERY_BEAT_MAX_LOOP_INTERVAL = 2
# Every periodic task finds what is due by a query, so a tick that was missed is made good by the next one.
# A tick expires before the following one, so that a worker that was away does not meet a heap of them.
CELERY_BEAT_SCHEDULE = {
    "jobs.relay_outbox": {"task": "jobs.relay_outbox", "schedule": 2, "options": {"expires": 2}},
    "jobs.run_due": {"task": "jobs.run_due", "schedule": 2, "options": {"expires": 2}},
    "universities.prune_roster_files": {
        "task": "universities.prune_roster_files",
        "schedule": 3600,
        "options": {"expires": 600},
    },
    "jobs.prune": {"task": "jobs.prune", "schedule": 24 * 3600, "options": {"expires": 3600}},
    "accounts.send_queued_mail": {"task": "accounts.send_queued_mail", "schedule": 2, "options": {"expires": 2}},
    "accounts.prune": {"task": "accounts.prune", "schedule": 24 * 3600, "options": {"expires": 3600}},
    "privacy.apply_retention": {
        "task": "privacy.apply_retention",
        "schedule": 24 * 3600,
        "options": {"expires": 3600},
    },
    "notifications.send_due_mail": {
        "task": "notifications.send_due_mail",
        "schedule": 10,
        "options": {"expires": 10},
    },
    "agreements.write_anchor": {
        "task": "agreements.write_anchor",
        "schedule": 24 * 3600,
        "options": {"expires": 24 * 3600},
    },
    "agreements.verify": {
        "task": "agreements.verify",
        "schedule": 24 * 3600,
        "options": {"expires": 24 * 3600},
    },
    "agreements.send_reminders": {
        "task": "agreements.send_reminders",
        "schedule": 3600,
        "options": {"expires": 3600},
    },
    "agreements.end_due": {
        "task": "agreements.end_due",
        "schedule": 3600,
        "options": {"expires": 3600},
    },
    "evaluations.open_due_rounds": {
        "task": "evaluations.open_due_rounds",
        "schedule": env.int("ROUND_CHECK_SECONDS", default=60),
        "options": {"expires": 60},
    },
    "evaluations.close_due_rounds": {
        "task": "evaluations.close_due_rounds",
        "schedule": env.int("ROUND_CHECK_SECONDS", default=60),
        "options": {"expires": 60},
    },
}
# Where the heads of the agreements' chains are written every day; best a medium that is written once.
ANCHOR_DIR = env.str("ANCHOR_DIR", default=str(VAR_DIR / "anchors"))
OUTBOX_LEASE_SECONDS = env.int("OUTBOX_LEASE_SECONDS", default=60)

# Own data (docs/personal-data.md): days by class of data where they differ from apps.privacy.periods, days in which a request
# for erasure may be taken back, and the list of the erased, which belongs to the backup.
RETENTION_DAYS: dict[str, int] = env.json("RETENTION_DAYS", default={})
ERASURE_DAYS = env.int("ERASURE_DAYS", default=7)
ERASURE_LIST = VAR_DIR / "erasures.jsonl"

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "allauth.account.auth_backends.AuthenticationBackend",
    "guardian.backends.ObjectPermissionBackend",
]
GUARDIAN_MONKEY_PATCH_USER = False
ANONYMOUS_USER_NAME = None
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "portal:home"
LOGOUT_REDIRECT_URL = "account_login"

# Sign-in by django-allauth (docs/sign-in.md).
SIGN_UP_OPEN = env.bool("SIGN_UP_OPEN", default=True)
ACCOUNT_ADAPTER = "apps.accounts.adapter.AccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_SIGNUP_FORM_CLASS = "apps.accounts.forms.SignUpForm"
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_CONFIRMATION_EXPIRE_DAYS = 1
ACCOUNT_CONFIRM_EMAIL_ON_GET = False
ACCOUNT_CHANGE_EMAIL = True
ACCOUNT_PREVENT_ENUMERATION = "strict"
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_REAUTHENTICATION_TIMEOUT = 300
# Who guesses is limited by apps.accounts.limits; these would refuse a campus behind one address.
ACCOUNT_RATE_LIMITS = dict.fromkeys(("login", "login_failed", "signup", "reset_password", "reset_password_from_key"))
ACCOUNT_FORMS = {
    "login": "apps.accounts.counted_forms.SignInForm",
    "signup": "apps.accounts.counted_forms.SignUpForm",
    "reset_password": "apps.accounts.counted_forms.ResetPasswordForm",
    "change_password": "apps.accounts.counted_forms.ChangePasswordForm",
}
PASSWORD_RESET_TIMEOUT = 24 * 3600
SOCIALACCOUNT_ADAPTER = "apps.organizations.sign_in.SocialAccountAdapter"
SOCIALACCOUNT_EMAIL_AUTHENTICATION_AUTO_CONNECT = True
SOCIALACCOUNT_EMAIL_VERIFICATION = "mandatory"
SOCIALACCOUNT_REAUTHENTICATION_REQUIRED = True
SOCIALACCOUNT_PROVIDERS: dict[str, dict[str, object]] = {}
# A service is there when its id is set. The agent is WeCom's number of the application.
for _service, _prefix in (("weixin", "WEIXIN"), ("dingtalk", "DINGTALK"), ("wecom", "WECOM")):
    if env.str(f"{_prefix}_CLIENT_ID", default=""):
        _package = "apps.accounts" if _service == "wecom" else "allauth.socialaccount.providers"
        INSTALLED_APPS.append(f"{_package}.{_service}")
        SOCIALACCOUNT_PROVIDERS[_service] = {
            "APP": {
                "client_id": env.str(f"{_prefix}_CLIENT_ID"),
                "secret": env.str(f"{_prefix}_CLIENT_SECRET"),
                "settings": {"agent": env.str("WECOM_AGENT_ID", default="")} if _service == "wecom" else {},
            }
        }
# Whether providers of organizations may stand inside: in development and tests alone.
OUTBOUND_INSIDE_ALLOWED = env.bool("OUTBOUND_INSIDE_ALLOWED", default=DEBUG)
MFA_ADAPTER = "apps.accounts.adapter.SecondFactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
# An address is verified before anybody gets in; otherwise whoever has a second factor could not change theirs.
MFA_ALLOW_UNVERIFIED_EMAIL = True
MFA_TOTP_TOLERANCE = 1
MFA_RATE_LIMITS = {"webauthn_login": None}
MFA_FORMS = {
    "authenticate": "apps.accounts.counted_forms.AuthenticateForm",
    "reauthenticate": "apps.accounts.counted_forms.ReauthenticateForm",
}
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = SITE_URL.startswith("http://")
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
# Wrong passwords and second factors: docs/security.md. The number for an address must exceed what web threads there are.
FAILURES_PER_ADDRESS = env.int("FAILURES_PER_ADDRESS", default=50)
MAILS_PER_ADDRESS = env.int("MAILS_PER_ADDRESS", default=300)
ALLAUTH_TRUSTED_PROXY_COUNT = TRUSTED_PROXY_COUNT
API_RATE = env.str("API_RATE", default="600/min")

SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "apps.core.views.csrf_failure"
LANGUAGE_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_SAMESITE = "Lax"
THEME_COOKIE_NAME = "theme"
DEVICE_COOKIE_NAME = "device"
MESSAGE_STORAGE = "apps.core.messages.MessageStorage"

if SITE_URL.startswith("https://"):
    for _name in ("SECRET_KEY", "FIELD_KEYS"):
        if not env.str(_name, default=""):
            raise ImproperlyConfigured(f"{_name} must be set when SITE_URL is https: docs/operations.md says how.")
    if DEBUG:
        raise ImproperlyConfigured("DEBUG shows settings and code to everybody: it must be off when SITE_URL is https.")
    vars().update(HTTPS)
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("zh-hans", "简体中文")]
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = "Asia/Shanghai"
USE_I18N = True
USE_TZ = True
HOME_COUNTRY = "CN"

STATIC_URL = "static/"
STATIC_ROOT = VAR_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "apps.core.storage.PortalStaticFilesStorage"},
}
WHITENOISE_KEEP_ONLY_HASHED_FILES = True
WHITENOISE_ALLOW_ALL_ORIGINS = False
WHITENOISE_SKIP_COMPRESS_EXTENSIONS = ["map", "png", "jpg", "webp", "woff2", "gz"]
MEDIA_ROOT = VAR_DIR / "media"
FILE_UPLOAD_HANDLERS = [
    "apps.core.uploads.BoundedUploadHandler",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]

DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="portal@localhost")
EMAIL_TIMEOUT = 10
if env.str("EMAIL_URL", default=""):
    vars().update(env.email_url("EMAIL_URL"))
else:
    EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    EMAIL_FILE_PATH = VAR_DIR / "mail"

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "apps.organizations.authentication.TokenAuthentication",
        "apps.organizations.authentication.ActorSessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["apps.core.rest.ActorRequired"],
    "DEFAULT_RENDERER_CLASSES": ["apps.core.rest.JSONRenderer", "apps.core.rest.BrowsableRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_PAGINATION_CLASS": "apps.core.rest.KeysetPagination",
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "apps.core.api.problem_details",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
    "COERCE_DECIMAL_TO_STRING": True,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Collab Portal API",
    "DESCRIPTION": "Agreements, practice bases, placements, evaluations and reports of schools and enterprises.",
    "VERSION": "1.0.0",
    "SCHEMA_PATH_PREFIX": r"/api/v1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["apps.core.rest.ActorRequired"],
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "apps.organizations.throttling.describe_limit",
    ],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_GENERATE_CHOICE_DESCRIPTION": True,
    "ENUM_NAME_OVERRIDES": {
        "AgreementStateEnum": "apps.agreements.models.Agreement.State",
        "AgreementVersionStateEnum": "apps.agreements.models.AgreementVersion.State",
        "AgreementVersionKindEnum": "apps.agreements.models.AgreementVersion.Kind",
        "ClauseKeyEnum": "apps.agreements.models.ClauseKey",
        "ObligationKindEnum": "apps.agreements.models.Obligation.Kind",
        "LedgerSideEnum": "apps.agreements.models.LedgerEntry.Side",
        "BaseKindEnum": "apps.bases.models.Base.Kind",
        "OrganizationKindEnum": "apps.organizations.models.Organization.Kind",
    },
}

SILENCED_SYSTEM_CHECKS = ["guardian.W001"]

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    # A line for every tick would bury the others.
    "loggers": {name: {"level": "WARNING"} for name in ("celery.app.trace", "celery.beat", "celery.worker.strategy")},
    "root": {"handlers": ["console"], "level": env.str("LOG_LEVEL", default="INFO")},
}
