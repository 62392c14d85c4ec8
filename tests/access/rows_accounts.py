"""The pages and operations of the matrix: accounts."""

from __future__ import annotations

from .rows import Row, page

PROVIDER = {
    "domain": "taihu.example.org",
    "issuer": "https://127.0.0.1/realm",
    "client_id": "portal",
    "client_secret": "secret",
    "default_role": "student",
}
# Whoever must have a second factor has an authenticator app in these tests.
_WITH_APP = (
    "school_administrator",
    "firm_administrator",
    "foreign_school_administrator",
    "government",
    "foreign_government",
    "staff",
)
# In the shop window of django-allauth: a page that sends elsewhere who has nothing there to see.
_HAS_APP = dict.fromkeys(_WITH_APP, 200)
_OWN_KEY = {"school": 200, "signed_in": 404}
_ADMINISTRATORS = {
    "school_administrator": 200,
    "firm_administrator": 200,
    "foreign_school_administrator": 200,
    "signed_in": 403,
}
_PROVIDER_OF_SCHOOL = {"school_administrator": 200, "suspended": 403, "signed_in": 404}


def own(url_name: str, **expected: int) -> Row:
    """A page about oneself, to everybody who is signed in."""
    return page(url_name, only_own=True, **{"signed_in": 200} | expected)


PAGE_ROWS: list[Row] = [
    own("accounts:security"),
    own("account_email"),
    own("account_change_password"),
    own("account_set_password", signed_in=302),
    own("account_reauthenticate", **dict.fromkeys(_WITH_APP, 302), school=302),
    own("mfa_index"),
    own("mfa_reauthenticate", signed_in=302, **_HAS_APP),
    own("mfa_deactivate_totp", signed_in=404, **_HAS_APP),
    own("mfa_view_recovery_codes", signed_in=404, student=404),
    own("mfa_list_webauthn"),
    own("usersessions_list"),
    own("socialaccount_connections", suspended=403),
    page("mfa_edit_webauthn", "passkey", **_OWN_KEY),
    page("mfa_remove_webauthn", "passkey", **_OWN_KEY),
    page("mfa_remove_webauthn", "passkey", post={}, **_OWN_KEY | {"school": 302}),
    page("mfa_deactivate_totp", post={}, only_own=True, **{"signed_in": 404} | dict.fromkeys(_WITH_APP, 302)),
    page("organizations:identity_provider_list", only_own=True, staff=200, **_ADMINISTRATORS),
    page("organizations:identity_provider_create", **_ADMINISTRATORS),
    page(
        "organizations:identity_provider_create",
        post=PROVIDER,
        **_ADMINISTRATORS
        | {"school_administrator": 302, "firm_administrator": 302, "foreign_school_administrator": 302},
    ),
    page("organizations:identity_provider_edit", "identity_provider", **_PROVIDER_OF_SCHOOL),
    page(
        "organizations:identity_provider_edit",
        "identity_provider",
        post=PROVIDER | {"client_secret": ""},
        **_PROVIDER_OF_SCHOOL | {"school_administrator": 302},
    ),
    page(
        "organizations:identity_provider_activate",
        "identity_provider",
        post={},
        staff=302,
        school_administrator=403,
        suspended=403,
        signed_in=404,
    ),
    page(
        "organizations:identity_provider_deactivate",
        "identity_provider",
        post={},
        staff=302,
        school_administrator=302,
        suspended=403,
        signed_in=404,
    ),
]
API_ROWS: list[Row] = []

OPEN = {
    "accounts:preferences",
    "account_login",
    "account_logout",
    "account_inactive",
    "account_signup",
    "account_email_verification_sent",
    "account_confirm_email",
    "account_reset_password",
    "account_reset_password_done",
    "account_reset_password_from_key",
    "account_reset_password_from_key_done",
    "mfa_authenticate",
    "mfa_login_webauthn",
    "socialaccount_login_cancelled",
    "socialaccount_login_error",
    "socialaccount_signup",
    "openid_connect_login",
    "openid_connect_callback",
    "weixin_login",
    "weixin_callback",
    "dingtalk_login",
    "dingtalk_callback",
    "wecom_login",
    "wecom_callback",
    "organizations:organization_sign_in",
}
"""Where nobody has to be signed in; tests in ``tests/accounts``."""

STEPS = {
    "mfa_activate_totp",
    "mfa_add_webauthn",
    "mfa_generate_recovery_codes",
    "mfa_download_recovery_codes",
    "mfa_reauthenticate_webauthn",
}
"""Steps of a set-up of one's own, which keep their state in the session; tests in ``tests/accounts``."""
