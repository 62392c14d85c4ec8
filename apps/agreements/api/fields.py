"""What the API writes and takes of agreements."""

from __future__ import annotations

from rest_framework import serializers

from ..models import Agreement, AgreementParty, AgreementVersion, ClauseKey, Obligation, Signature, Signer

PARTY = "The code of an organization, or the membership of a student, as in `parties`."


def key_of(party: AgreementParty) -> str:
    """What names a party for a program."""
    return party.organization.code if party.organization else str(party.student_id)


class PartySerializer(serializers.ModelSerializer):
    key = serializers.SerializerMethodField(help_text=PARTY)
    organization = serializers.CharField(source="organization.code", allow_null=True, default=None)
    name = serializers.CharField(source="__str__")

    class Meta:
        model = AgreementParty
        fields = ["id", "key", "organization", "student", "name", "joined_at", "left_at"]

    def get_key(self, party: AgreementParty) -> str:
        return key_of(party)


class VersionRow(serializers.ModelSerializer):
    """A version in short."""

    class Meta:
        model = AgreementVersion
        fields = ["id", "number", "kind", "state", "submitted_at", "sign_until", "in_force_at", "closed_at", "reason"]


class AgreementSerializer(serializers.ModelSerializer):
    """An agreement: its life, its parties and versions. What it says stands in the versions."""

    parties = PartySerializer(source="seen_parties", many=True)
    versions = VersionRow(source="seen_versions", many=True)

    class Meta:
        model = Agreement
        fields = [
            "id",
            "number",
            "title",
            "mode",
            "framework",
            "starts_on",
            "ends_on",
            "state",
            "parties",
            "versions",
            "in_force_at",
            "suspended_at",
            "suspension_reason",
            "notice_given_at",
            "last_day",
            "cause",
            "termination_reason",
            "settlement",
            "ended_at",
        ]


class SignatureSerializer(serializers.ModelSerializer):
    class Meta:
        model = Signature
        fields = ["id", "content_hash", "method", "authority", "factor", "signed_on", "signed_at", "confirmed_at"]


class SignerSerializer(serializers.Serializer):
    """A signature that is needed."""

    id = serializers.IntegerField()
    party = serializers.CharField(help_text=PARTY)
    capacity = serializers.ChoiceField(Signer.Capacity.choices)
    order = serializers.IntegerField(help_text="The turn.")
    name = serializers.CharField(help_text="Who is named, or has signed; empty for whoever may sign for the party.")
    is_due = serializers.BooleanField(help_text="Whether it is this signer's turn now.")
    signature = SignatureSerializer(allow_null=True, help_text="The one that stands.")


class VersionSerializer(VersionRow):
    """A version: what your side is shown, the hash to sign it by, and who signs."""

    document = serializers.JSONField(help_text="What your side is shown; a side that is no party reads the whole.")
    content_hash = serializers.CharField(help_text="SHA-256 of the document as canonical JSON: what you sign.")
    terms = serializers.JSONField(
        allow_null=True, help_text="The whole text with its open blanks, for who drafts it; otherwise null."
    )
    signers = SignerSerializer(many=True)

    class Meta(VersionRow.Meta):
        fields = [
            *VersionRow.Meta.fields,
            "agreement",
            "revision",
            "note",
            "document",
            "content_hash",
            "terms",
            "signers",
        ]


class ClauseInput(serializers.Serializer):
    key = serializers.ChoiceField(ClauseKey.choices)
    heading = serializers.CharField(max_length=100)
    text = serializers.CharField(max_length=20_000)
    concerns = serializers.ListField(
        child=serializers.CharField(), required=False, help_text="Keys of the parties that it binds; all unless given."
    )


class DutyInput(serializers.Serializer):
    key = serializers.CharField(
        max_length=12, required=False, help_text="Of a duty that there is already; a new one without."
    )
    party = serializers.CharField(help_text=PARTY)
    kind = serializers.ChoiceField(Obligation.Kind.choices)
    text = serializers.CharField(max_length=200)
    quantity = serializers.DecimalField(max_digits=12, decimal_places=2)
    unit = serializers.CharField(max_length=20)
    due_on = serializers.DateField()


class ShareInput(serializers.Serializer):
    party = serializers.CharField(help_text=PARTY)
    benefit = serializers.DecimalField(max_digits=5, decimal_places=2)
    risk = serializers.DecimalField(max_digits=5, decimal_places=2)


class SlotInput(serializers.Serializer):
    party = serializers.CharField(help_text=PARTY)
    capacity = serializers.ChoiceField(Signer.Capacity.choices, default=Signer.Capacity.AUTHORISED)
    order = serializers.IntegerField(min_value=1, max_value=99, default=1)
    membership = serializers.IntegerField(default=0, help_text="Who signs; 0 for whoever may sign for the party.")
    deputy = serializers.IntegerField(default=0)
    name = serializers.CharField(max_length=100, default="", allow_blank=True)
    email = serializers.EmailField(
        default="", allow_blank=True, help_text="Of who signs by a link, without an account."
    )


class TermsInput(serializers.Serializer):
    """The parts of a text, each replaced as a whole where it is given."""

    clauses = ClauseInput(many=True, required=False, help_text="In order; a new draft starts from the mode's text.")
    duties = DutyInput(many=True, required=False)
    shares = ShareInput(many=True, required=False)
    values = serializers.DictField(
        child=serializers.CharField(max_length=200, allow_blank=True),
        required=False,
        help_text="What fills the blanks.",
    )
    signers = SlotInput(many=True, required=False, help_text="As the mode asks unless given.")
    sign_until = serializers.DateField(required=False)


class AgreementInput(TermsInput):
    title = serializers.CharField(max_length=150)
    mode = serializers.CharField(max_length=30, help_text="Code of a mode of cooperation.")
    starts_on = serializers.DateField()
    ends_on = serializers.DateField()
    parties = serializers.ListField(
        child=serializers.CharField(), help_text="Codes of the other organizations.", allow_empty=False
    )
    students = serializers.ListField(
        child=serializers.IntegerField(),
        required=False,
        help_text="Memberships of students who are parties themselves.",
    )
    framework = serializers.IntegerField(required=False, help_text="The agreement under which this one is made.")


class ReviseInput(TermsInput):
    revision = serializers.IntegerField(help_text="That of the draft you read; 409 when somebody has changed it since.")
    title = serializers.CharField(max_length=150, required=False)
    starts_on = serializers.DateField(required=False)
    ends_on = serializers.DateField(required=False)
    parties = serializers.ListField(child=serializers.CharField(), required=False, allow_empty=False)
    note = serializers.CharField(max_length=4000, required=False, help_text="What changes and why.")


class ProposeInput(serializers.Serializer):
    kind = serializers.ChoiceField(
        [AgreementVersion.Kind.AMENDMENT, AgreementVersion.Kind.RENEWAL], default=AgreementVersion.Kind.AMENDMENT
    )
    note = serializers.CharField(max_length=4000, help_text="What changes and why: all parties read it.")


class SignInput(serializers.Serializer):
    content_hash = serializers.CharField(max_length=64, help_text="That of the document that was read.")


class ReasonInput(serializers.Serializer):
    reason = serializers.CharField(max_length=2000)


class EndInput(serializers.Serializer):
    cause = serializers.ChoiceField(Agreement.Cause.choices)
    last_day = serializers.DateField(required=False, help_text="The first possible unless given.")


class TerminateInput(EndInput):
    reason = serializers.CharField(max_length=2000)
    settlement = serializers.CharField(max_length=4000, required=False)


class EffectSerializer(serializers.Serializer):
    kind = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]  # the member's name is fixed by our API
    count = serializers.IntegerField()
    text = serializers.CharField()


class PreviewSerializer(serializers.Serializer):
    """What a termination would do."""

    earliest = serializers.DateField(help_text="The first day on which it can end with notice.")
    last_day = serializers.DateField()
    effects = EffectSerializer(many=True)
