"""How often a secret may be tried. Counted in Postgres: neither a crowd at once nor an empty cache gets more.

The rules:

- The password of one account is checked for unknown devices at most 10 times in any hour and 20 times in any day, and so are
  its second-factor codes. A try that was right does not count.
- A device from which this account has signed in before (a signed cookie says so) counts for itself, under the same
  rule: an attacker cannot lock the owner out.
- From one address (an IPv6 one with its /64), unknown devices fail at most 50 times an hour over all accounts. A failure
  is forgotten as soon as the same account signs in from the same address, for then it was a typing error: a campus may
  have thousands of those behind one address, while who tries one password on many accounts redeems nothing.
- When an account's limit is met, its owner is told by mail, once a day.

A try is counted before the secret is looked at and given back when it was right, so that tries at the same moment count
each other. Unknown addresses are treated as known ones are. Where the limit is met the answer says when to try again.
"""

from __future__ import annotations

import math
import secrets
import unicodedata
from dataclasses import dataclass
from datetime import timedelta
from ipaddress import IPv6Address, ip_address, ip_network

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import connection
from django.db.models.functions import Lower
from django.http import HttpRequest
from django.utils import timezone, translation
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.core.addresses import client_address

from .attempts import AttemptBucket
from .devices import device_of
from .mail import queue_mail
from .models import User

HOUR, DAY = 3600, 24 * 3600
PASSWORD, CODE = "password", "code"


@dataclass(frozen=True, slots=True)
class Rule:
    """At most ``limit`` tries in any ``seconds``."""

    limit: int
    seconds: int


Rules = tuple[Rule, ...]
PER_ACCOUNT: Rules = (Rule(10, HOUR), Rule(20, DAY))
PER_MAILBOX: Rules = (Rule(4, HOUR), Rule(10, DAY))
ONCE_A_DAY: Rules = (Rule(1, DAY),)


def _per_source() -> Rules:
    return (Rule(settings.FAILURES_PER_ADDRESS, HOUR),)


def _mails_per_source() -> Rules:
    return (Rule(settings.MAILS_PER_ADDRESS, HOUR),)


class TooManyAttempts(ValidationError):
    """The limit is met; ``seconds`` says when the next try is open. A form shows it like any error of its own."""

    def __init__(self, seconds: int) -> None:
        self.seconds = seconds
        minutes = max(1, math.ceil(seconds / 60))
        text = ngettext(
            "Too many attempts. Try again in %(minutes)d minute.",
            "Too many attempts. Try again in %(minutes)d minutes.",
            minutes,
        ) % {"minutes": minutes}
        super().__init__(text, code="too_many_attempts")


@dataclass(frozen=True, slots=True)
class Guess:
    """One try that was counted and may now be checked."""

    account: str
    token: str
    bucket: str
    source: str

    def right(self) -> None:
        """The secret was right: the try is given back, and with it the typing errors on this account from this address."""
        if not self.source:
            forget(self.bucket)
            return
        give_back(self.bucket, self.token)
        give_back(self.source, f"{self.account[:16]}%")


def guess(request: HttpRequest, email: str, kind: str = PASSWORD) -> Guess:
    """Count a try at the secret of the account with this address, known or not; ``TooManyAttempts`` when none is left.

    Call it before the secret is looked at, outside any transaction, and ``right()`` on what it returns when it was right.
    """
    account = account_key(email)
    device = device_of(request, account)
    if device:
        made = Guess(account, secrets.token_hex(8), key_of(kind, account, device), "")
        take(made.bucket, PER_ACCOUNT, made.token)
        return made
    token = f"{account[:16]}{secrets.token_hex(8)}"
    made = Guess(account, token, key_of(kind, account), key_of("source", source_of(request)))
    take(made.source, _per_source(), token)
    try:
        take(made.bucket, PER_ACCOUNT, token)
    except TooManyAttempts:
        # Knocking at a door that is shut tells nothing about the others behind this address.
        give_back(made.source, token)
        _tell_owner(email, account, kind)
        raise
    return made


def _tell_owner(email: str, account: str, kind: str) -> None:
    try:
        take(key_of("told", account, kind), ONCE_A_DAY)
    except TooManyAttempts:
        return
    owner = User.objects.alias(address=Lower("email")).filter(address=email.strip().lower(), is_active=True).first()
    if owner is None:
        return
    with translation.override(owner.language):
        if kind == CODE:
            happened = _(
                "Somebody knows your password and tried ten wrong codes of your second factor. Change the password now."
            )
        else:
            happened = _(
                "Somebody tried ten wrong passwords for your account, from a device that you have not used before."
            )
        queue_mail(
            to=owner.email,
            subject=_("Attempts to sign in to your account"),
            body=_(
                "Dear %(person)s,\n\n%(happened)s\n\n"
                "Further attempts from unknown devices are refused for up to a day. Devices from which you have signed in "
                "before work as always, and a new password can be set under “Forgotten your password?” at %(address)s.\n\n"
                "If it was you, nothing needs to be done.\n"
            )
            % {"person": owner.name, "happened": happened, "address": settings.SITE_URL},
        )


def mail_asked_for(request: HttpRequest, email: str) -> None:
    """Count a mail that anybody can ask for to any mailbox (reset, registration); ``TooManyAttempts`` when none is left."""
    source, token = key_of("mail source", source_of(request)), secrets.token_hex(8)
    take(source, _mails_per_source(), token)
    try:
        take(key_of("mail", account_key(email)), PER_MAILBOX, token)
    except TooManyAttempts:
        give_back(source, token)
        raise


def account_key(email: str) -> str:
    """The key of an account: the same for every spelling that a database may take for the same address."""
    folded = unicodedata.normalize("NFKD", email.strip().casefold()).replace("ı", "i")
    return key_of("account", "".join(sign for sign in folded if not unicodedata.combining(sign)))


def source_of(request: HttpRequest) -> str:
    """The client's address; of an IPv6 one the network that one customer has."""
    address = client_address(request)
    if address and isinstance(ip_address(address), IPv6Address):
        return str(ip_network(f"{address}/64", strict=False))
    return address


def key_of(purpose: str, *parts: str) -> str:
    """The key of a bucket: a keyed hash, so that a copy of the table names nobody."""
    return salted_hmac(f"accounts.limits {purpose}", "\n".join(parts), algorithm="sha256").hexdigest()


# One statement: whoever comes at the same moment waits for the row and then finds the tries of the others in it.
_TAKE = """
INSERT INTO accounts_attemptbucket AS bucket (key, times, marks, expires_at)
VALUES (%(key)s, ARRAY[clock_timestamp()], ARRAY[%(mark)s], clock_timestamp() + make_interval(secs => %(longest)s))
ON CONFLICT (key) DO UPDATE SET
  (times, marks) = (
    SELECT array_agg(past.at) || clock_timestamp(), array_agg(past.mark)::varchar[] || %(mark)s::varchar
    FROM unnest(bucket.times, bucket.marks) AS past(at, mark)
    WHERE past.at > clock_timestamp() - make_interval(secs => %(longest)s)
  ),
  expires_at = excluded.expires_at
WHERE {open}
RETURNING 1
"""
_OPEN = "(SELECT count(*) FROM unnest(bucket.times) AS at WHERE at > clock_timestamp() - {span}) < %(limit{number})s"


def take(key: str, rules: Rules, mark: str = "") -> None:
    """Count one try under ``key``; ``TooManyAttempts``, and nothing counted, when a rule leaves none."""
    values: dict[str, str | int] = {"key": key, "mark": mark, "longest": max(rule.seconds for rule in rules)}
    conditions = []
    for number, rule in enumerate(rules):
        conditions.append(_OPEN.format(span=f"make_interval(secs => %(seconds{number})s)", number=number))
        values |= {f"limit{number}": rule.limit, f"seconds{number}": rule.seconds}
    with connection.cursor() as cursor:
        cursor.execute(_TAKE.format(open=" AND ".join(conditions)), values)
        if cursor.fetchone():
            return
    raise TooManyAttempts(_wait(key, rules))


def give_back(key: str, pattern: str) -> None:
    """Take out of the count the tries whose mark is like ``pattern``."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE accounts_attemptbucket SET (times, marks) = (
              SELECT coalesce(array_agg(past.at), '{}'), coalesce(array_agg(past.mark), '{}')::varchar[]
              FROM unnest(times, marks) AS past(at, mark) WHERE past.mark NOT LIKE %(pattern)s
            ) WHERE key = %(key)s
            """,
            {"key": key, "pattern": pattern},
        )


def forget(key: str) -> None:
    """Start the count of ``key`` anew."""
    AttemptBucket.objects.filter(key=key).delete()


def _wait(key: str, rules: Rules) -> int:
    """Seconds until every rule leaves a try again."""
    bucket = AttemptBucket.objects.filter(key=key).first()
    times = sorted(bucket.times, reverse=True) if bucket else []
    now = timezone.now()
    waits = [
        (times[rule.limit - 1] + timedelta(seconds=rule.seconds) - now).total_seconds()
        for rule in rules
        if len(times) >= rule.limit
    ]
    return max(1, math.ceil(max(waits, default=1)))


def prune() -> int:
    """Delete buckets in which nothing counts any more; returns how many. A repeat finds nothing."""
    deleted, _by_model = AttemptBucket.objects.filter(expires_at__lt=timezone.now()).delete()
    return deleted
