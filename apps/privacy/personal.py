"""What accounts, jobs, sign-in and this app hold about people."""

from __future__ import annotations

from django.db.models import F, Q, Value
from django.db.models.fields import CharField
from django.db.models.functions import Cast, Concat
from django.utils.translation import gettext_lazy as _

from .models import LegalGuardian
from .register import ERASE, ERASED, EXPORT, KEEP, personal

NOBODY = Q(pk__in=[])

# The account
personal(
    "accounts.User",
    title=_("Account"),
    person="pk",
    act=KEEP,
    retention="account",
    why=_("You sign in with it. On erasure name, address, date of birth and password go; the number stays."),
    fields=["email", "name", "birth_date", "language", "theme", "date_joined", "last_login", "is_active", "is_staff"],
)
personal(
    "account.EmailAddress",
    person="user",
    act=EXPORT,
    retention="account",
    why=_("Where mail goes and how you sign in."),
)
personal(
    "account.EmailConfirmation",
    person="email_address__user",
    act=ERASE,
    retention="account",
    why=_("Open confirmations of an address."),
)
personal(
    "mfa.Authenticator",
    person="user",
    act=EXPORT,
    retention="account",
    why=_("Your second factor."),
    fields=["type", "created_at", "last_used_at"],
)
personal(
    "socialaccount.SocialAccount",
    person="user",
    act=EXPORT,
    retention="account",
    why=_("What the sign-in of your school or enterprise said about you."),
)
personal(
    "socialaccount.SocialToken",
    person="account__user",
    act=ERASE,
    retention="account",
    why=_("Keys to the sign-in of your school or enterprise."),
)
personal(
    "usersessions.UserSession",
    title=_("Where you are signed in"),
    person="user",
    act=EXPORT,
    retention="access_log",
    why=_("So that you see where you are signed in, and can end it."),
    fields=["created_at", "last_seen_at", "ip", "user_agent"],
    since="last_seen_at",
)
personal(
    "sessions.Session",
    act=ERASE,
    find=lambda person: NOBODY,
    retention="technical",
    why=_("The browser that is signed in; ended with the account."),
    since="expire_date",
)
personal(
    "guardian.UserObjectPermission",
    person="user",
    act=ERASE,
    retention="account",
    why=_("Rights on single objects; end with the membership."),
)
personal(
    "accounts.QueuedMail",
    title=_("Mail to you"),
    find=lambda person: (
        Q(to__iexact=person.email) | Q(to__in=LegalGuardian.objects.filter(person=person).values("email"))
    ),
    act=EXPORT,
    retention="mail",
    why=_("Mail on its way to you; its text goes when it is sent."),
    fields=["to", "subject", "created_at", "sent_at"],
    since="created_at",
)

# What the platform's staff did in the admin
personal(
    "admin.LogEntry",
    title=_("Changes by hand in the admin"),
    person="user",
    act=KEEP,
    retention="proof",
    why=_("What the platform's staff changed by hand."),
    fields=["action_time", "action_flag"],
    since="action_time",
)
personal(
    "admin.LogEntry",
    find=lambda person: Q(object_repr=person.name) | Q(object_repr=person.email),
    act=ERASE,
    retention="proof",
    why=_("Your name where the platform's staff changed something about you."),
    blank={"object_repr": ERASED},
)

personal(
    "audit.SecurityEvent",
    person="user",
    act=KEEP,
    retention="audit",
    why=_("When you signed in and from where, and what happened to your account; recorded once, never rewritten."),
    fields=["kind", "at", "address", "about"],
)

# Jobs
personal(
    "jobs.JobRun",
    person="requested_by",
    act=EXPORT,
    retention="job",
    why=_("Long work that you asked for, and its file."),
    fields=["title", "state", "created_at", "started_at", "finished_at", "result_name"],
    since="finished_at",
)
personal(
    "jobs.IdempotentAnswer",
    person="user",
    act=ERASE,
    retention="technical",
    why=_("So that a request that is sent twice has one effect."),
    since="created_at",
)

# Own data
personal(
    "privacy.Consent",
    person="person",
    act=KEEP,
    retention="proof",
    why=_("Proves what was allowed when (PIPL Art. 14 and 15)."),
    since="withdrawn_at",
)
personal(
    "privacy.LegalGuardian",
    person="person",
    act=EXPORT,
    retention="proof",
    why=_("Who answers for you while you are under 18 (PIPL Art. 31)."),
    fields=["name", "relation", "email", "registered_at", "confirmed_at", "ended_at"],
    reveal={"phone": lambda guardian: guardian.phone_number},
    blank={
        "name": ERASED,
        "email": Concat(Value("erased-"), Cast(F("pk"), CharField()), Value("@erased.invalid")),
        "phone": b"",
    },
    since="ended_at",
)
personal(
    "privacy.GuardianLink",
    person="guardian__person",
    act=ERASE,
    retention="technical",
    why=_("The question that was sent to your guardian."),
    since="expires_at",
)
personal(
    "privacy.ErasureRequest",
    person="person",
    act=KEEP,
    retention="proof",
    why=_("That you asked to be erased, and what was decided; your words go when it is carried out."),
    fields=["reason", "state", "asked_at", "due_at", "decided_at", "decision"],
    since="decided_at",
)
personal(
    "privacy.LegalHold",
    person="person",
    act=KEEP,
    retention="proof",
    why=_("Why nothing about you may be erased for now."),
    fields=["reason", "placed_at", "lifted_at"],
    since="lifted_at",
)
personal(
    "privacy.Disclosure",
    person="subject",
    act=KEEP,
    retention="proof",
    why=_("Who was shown what is masked, and why (PIPL Art. 56)."),
    fields=["what", "reason", "seen_at", "viewer"],
    since="seen_at",
)
