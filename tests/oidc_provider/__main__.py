"""``python -m tests.oidc_provider <port> <directory>``: serves until it is ended.

``/enter/<name>/`` signs one of its people in. The one client is ``portal`` with the secret ``portal-secret``.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import django
from django.conf import settings
from django.core.management import call_command, execute_from_command_line

PEOPLE = {
    "student": ("li@taihu.example.edu", True),
    "unverified": ("wu@taihu.example.edu", False),
    "impostor": ("boss@rival.example.org", True),
}
CALLBACK = "http://testserver/accounts/oidc/taihu.example.edu/login/callback/"


def configure(directory: Path) -> None:
    key = subprocess.run(
        ["openssl", "genrsa", "2048"], capture_output=True, text=True, check=True
    ).stdout  # on every machine
    settings.configure(
        ALLOWED_HOSTS=["127.0.0.1"],
        SECRET_KEY="provider",
        ROOT_URLCONF="tests.oidc_provider.urls",
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": directory / "provider.sqlite3"}},
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        INSTALLED_APPS=[
            "django.contrib.auth",
            "django.contrib.contenttypes",
            "django.contrib.sessions",
            "django.contrib.messages",
            "allauth",
            "allauth.account",
            "allauth.idp.oidc",
        ],
        MIDDLEWARE=[
            "django.contrib.sessions.middleware.SessionMiddleware",
            "django.contrib.auth.middleware.AuthenticationMiddleware",
            "django.contrib.messages.middleware.MessageMiddleware",
            "allauth.account.middleware.AccountMiddleware",
        ],
        TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}],
        USE_TZ=True,
        ALLAUTH_TRUSTED_PROXY_COUNT=0,
        IDP_OIDC_PRIVATE_KEY=key,
    )
    django.setup()


def populate() -> None:
    from allauth.account.models import EmailAddress
    from allauth.idp.oidc.models import Client
    from django.contrib.auth.models import User

    call_command("migrate", verbosity=0)
    for name, (email, verified) in PEOPLE.items():
        user = User.objects.create_user(name, email, first_name="Mingxuan", last_name="Li")
        EmailAddress.objects.create(user=user, email=email, verified=verified, primary=True)
    client = Client(
        id="portal", name="Collab Portal", scopes="openid\nprofile\nemail", redirect_uris=CALLBACK, skip_consent=True
    )
    client.set_secret("portal-secret")
    client.save()


if __name__ == "__main__":
    configure(Path(sys.argv[2]))
    populate()
    execute_from_command_line(["provider", "runserver", "--noreload", f"127.0.0.1:{sys.argv[1]}"])
