"""Agreements and their versions over REST."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import Prefetch
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from apps.core.actor import Actor
from apps.core.api import ActorViewSet, act_schema
from apps.core.errors import WrongState
from apps.core.services import fetch
from apps.jobs.idempotency import IDEMPOTENCY_KEY, IdempotentCreate
from apps.organizations.models import Organization

from ..evidence import evidence_of
from ..filters import AgreementFilter, VersionFilter
from ..models import Agreement, AgreementVersion, Signer
from ..policies import can_draft, can_edit, is_side_of
from ..rows import parties_seen, with_parties
from ..services import (
    Slot,
    agreement_draft,
    agreement_recall,
    agreement_refuse,
    agreement_resume,
    agreement_send_back,
    agreement_sign,
    agreement_submit,
    agreement_suspend,
    agreement_terminate,
    agreement_withdraw,
    new_duty_key,
    signers_set,
    termination_preview,
    version_propose,
    version_revise,
)
from ..terms import Clause, Duty, Share
from .fields import (
    AgreementInput,
    AgreementSerializer,
    EndInput,
    PreviewSerializer,
    ProposeInput,
    ReasonInput,
    ReviseInput,
    SignInput,
    TerminateInput,
    VersionRow,
    VersionSerializer,
    key_of,
)


@extend_schema_view(
    list=extend_schema(summary="Agreements that you see, newest first"),
    retrieve=extend_schema(summary="One agreement"),
)
class AgreementViewSet(IdempotentCreate, ActorViewSet):
    """Acts on drafts and signatures concern the agreement's open version; read it under `agreement-versions`."""

    queryset = Agreement.objects.all()
    serializer_class = AgreementSerializer
    filterset_class = AgreementFilter
    input_serializers = {
        "create": AgreementInput,
        "revise": ReviseInput,
        "propose": ProposeInput,
        "sign": SignInput,
        "refuse": ReasonInput,
        "send_back": ReasonInput,
        "recall": ReasonInput,
        "withdraw": ReasonInput,
        "suspend": ReasonInput,
        "termination_preview": EndInput,
        "terminate": TerminateInput,
    }

    def get_queryset(self) -> models.QuerySet[Any]:
        rows = super().get_queryset()
        if getattr(self, "swagger_fake_view", False):
            return rows
        seen = AgreementVersion.objects.visible_to(self.actor).order_by("number")
        return with_parties(rows, self.actor).prefetch_related(Prefetch("versions", seen, to_attr="seen_versions"))

    @act_schema(
        AgreementSerializer,
        request=AgreementInput,
        status=201,
        summary="Draft an agreement",
        parameters=[IDEMPOTENCY_KEY],
    )
    def create(self, request: Request) -> Response:
        return super().create(request)

    def perform_create_once(self, request: Request) -> Response:
        can_draft(self.actor).require()
        values = self.input()
        parties, terms = self._organizations(values.pop("parties")), _terms(values)
        with transaction.atomic():
            agreement = agreement_draft(
                self.actor,
                party_ids=parties,
                student_ids=values.pop("students", ()),
                framework_id=values.pop("framework", 0),
                **values,
            )
            self._write(agreement.versions.get(), None, terms)
        return self.answer(agreement.pk, status=201)

    @act_schema(AgreementSerializer, request=ReviseInput, summary="Change the open draft, part by part")
    @action(detail=True, methods=["post"])
    def revise(self, request: Request, pk: str) -> Response:
        values = self.input()
        revision, terms = values.pop("revision"), _terms(values)
        if "parties" in values:
            values["party_ids"] = self._organizations(values.pop("parties"))
        with transaction.atomic():
            version = self._open(int(pk))
            if values:
                version = version_revise(self.actor, version_id=version.pk, expected_revision=revision, **values)
                revision = version.revision
            self._write(version, revision, terms)
        return self.answer(pk)

    @act_schema(AgreementSerializer, request=ProposeInput, summary="Begin an amendment or a renewal, as a draft")
    @action(detail=True, methods=["post"])
    def propose(self, request: Request, pk: str) -> Response:
        version_propose(self.actor, agreement_id=int(pk), **self.input())
        return self.answer(pk)

    @act_schema(AgreementSerializer, summary="Submit the draft for signature")
    @action(detail=True, methods=["post"])
    def submit(self, request: Request, pk: str) -> Response:
        agreement_submit(self.actor, agreement_id=int(pk))
        return self.answer(pk)

    @act_schema(
        AgreementSerializer,
        request=SignInput,
        summary="Sign what you have read",
        description=(
            "By a person in a browser session who has just given the second factor. A hash that does not fit any more is a "
            "409 of the type `urn:collab-portal:problem:content-changed` with `content_hash` and `differences`."
        ),
    )
    @action(detail=True, methods=["post"])
    def sign(self, request: Request, pk: str) -> Response:
        agreement_sign(self.actor, agreement_id=int(pk), evidence=evidence_of(request._request), **self.input())
        return self.answer(pk)

    @act_schema(AgreementSerializer, request=ReasonInput, summary="Refuse to sign: the version ends")
    @action(detail=True, methods=["post"])
    def refuse(self, request: Request, pk: str) -> Response:
        agreement_refuse(self.actor, agreement_id=int(pk), **self.input())
        return self.answer(pk)

    @act_schema(AgreementSerializer, request=ReasonInput, summary="Send the version back to be changed")
    @action(detail=True, methods=["post"], url_path="send-back")
    def send_back(self, request: Request, pk: str) -> Response:
        agreement_send_back(self.actor, agreement_id=int(pk), **self.input())
        return self.answer(pk)

    @act_schema(AgreementSerializer, request=ReasonInput, summary="Take your version back to change it")
    @action(detail=True, methods=["post"])
    def recall(self, request: Request, pk: str) -> Response:
        agreement_recall(self.actor, agreement_id=int(pk), **self.input())
        return self.answer(pk)

    @act_schema(AgreementSerializer, request=ReasonInput, summary="Give your version up before it is signed by all")
    @action(detail=True, methods=["post"])
    def withdraw(self, request: Request, pk: str) -> Response:
        agreement_withdraw(self.actor, agreement_id=int(pk), **self.input())
        return self.answer(pk)

    @act_schema(AgreementSerializer, request=ReasonInput, summary="Suspend an agreement in force")
    @action(detail=True, methods=["post"])
    def suspend(self, request: Request, pk: str) -> Response:
        agreement_suspend(self.actor, agreement_id=int(pk), **self.input())
        return self.answer(pk)

    @act_schema(AgreementSerializer, summary="Let an agreement that you suspended go on")
    @action(detail=True, methods=["post"])
    def resume(self, request: Request, pk: str) -> Response:
        agreement_resume(self.actor, agreement_id=int(pk))
        return self.answer(pk)

    @act_schema(PreviewSerializer, request=EndInput, summary="What an early end would do; nothing happens")
    @action(detail=True, methods=["post"], url_path="termination-preview")
    def termination_preview(self, request: Request, pk: str) -> Response:
        preview = termination_preview(self.actor, agreement_id=int(pk), **self.input())
        return Response(PreviewSerializer(asdict(preview)).data)

    @act_schema(AgreementSerializer, request=TerminateInput, summary="End an agreement early")
    @action(detail=True, methods=["post"])
    def terminate(self, request: Request, pk: str) -> Response:
        agreement_terminate(self.actor, agreement_id=int(pk), **self.input())
        return self.answer(pk)

    def _organizations(self, codes: list[str]) -> list[int]:
        wanted = set(codes)
        ids = Organization.objects.visible_to(self.actor).filter(code__in=wanted).values_list("pk", flat=True)
        if len(ids) != len(wanted):
            raise ValidationError({"parties": _("One of these organizations does not exist.")})
        return list(ids)

    def _open(self, agreement_id: int) -> AgreementVersion:
        agreement = fetch(Agreement.objects.visible_to(self.actor), pk=agreement_id)
        version = AgreementVersion.objects.visible_to(self.actor).open().filter(agreement=agreement).first()
        if version is None:
            raise WrongState(_("No version of this agreement is being drafted or signed."))
        return version

    def _write(self, version: AgreementVersion, revision: int | None, terms: dict[str, Any]) -> None:
        """The parts of the text; those that name parties by their rows."""
        slots = terms.pop("signers", None)
        ids = {key_of(party): party.pk for party in parties_seen(self.actor).filter(agreement=version.agreement_id)}
        if terms:
            changes: dict[str, Any] = {
                part: tuple(PARTS[part](row, ids) for row in rows) if part in PARTS else rows
                for part, rows in terms.items()
            }
            version = version_revise(self.actor, version_id=version.pk, expected_revision=revision, **changes)
            revision = version.revision if revision is not None else None
        if slots is not None:
            chosen = [Slot(**row | {"party": _party(row["party"], ids)}) for row in slots]
            signers_set(self.actor, version_id=version.pk, expected_revision=revision, slots=chosen)


def _terms(values: dict[str, Any]) -> dict[str, Any]:
    """Take out of an input what is written once the parties have their rows."""
    return {part: values.pop(part) for part in (*PARTS, "values", "signers") if part in values}


def _party(key: str, ids: Mapping[str, int]) -> int:
    if key not in ids:
        raise ValidationError({"party": _("This organization is not party to the agreement.")})
    return ids[key]


def _clause(row: dict[str, Any], ids: Mapping[str, int]) -> Clause:
    concerns = sorted({_party(key, ids) for key in row.get("concerns", ())})
    return Clause(row["key"], row["heading"], row["text"], tuple(concerns))


def _duty(row: dict[str, Any], ids: Mapping[str, int]) -> Duty:
    return Duty(**{"key": new_duty_key()} | row | {"party": _party(row["party"], ids)})


def _share(row: dict[str, Any], ids: Mapping[str, int]) -> Share:
    return Share(_party(row["party"], ids), row["benefit"], row["risk"])


PARTS = {"clauses": _clause, "duties": _duty, "shares": _share}


@extend_schema_view(
    list=extend_schema(summary="Versions of agreements that you see, newest first"),
    retrieve=extend_schema(summary="One version: what you are shown, and who signs"),
)
class AgreementVersionViewSet(ActorViewSet):
    """The texts of agreements."""

    queryset = AgreementVersion.objects.whole()
    serializer_class = VersionSerializer
    filterset_class = VersionFilter

    def retrieve(self, request: Request, pk: str) -> Response:
        return Response(self.get_serializer(self._said(fetch(self.get_queryset(), pk=pk))).data)

    def list(self, request: Request) -> Response:
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset())) or []
        said = [self._said(version) for version in page]
        return self.get_paginated_response(self.get_serializer(said, many=True).data)

    def _said(self, version: AgreementVersion) -> dict[str, Any]:
        """The version as the actor's side is shown it."""
        circuit = version.circuit
        own = _own_part(self.actor, circuit)
        waits = version.state == AgreementVersion.State.AWAITING_SIGNATURES
        due = {signer.pk for signer in version.waiting()} if waits else set()
        drafts = version.state == AgreementVersion.State.DRAFT and bool(can_edit(self.actor, version))
        columns = (*VersionRow.Meta.fields, "agreement", "revision", "note")
        return {name: getattr(version, name) for name in columns} | {
            "document": version.document(own),
            "content_hash": version.hash_for(own),
            "terms": version.terms if drafts else None,
            "signers": [_signer(signer, is_party=own is not None, is_due=signer.pk in due) for signer in circuit],
        }


def _own_part(actor: Actor, circuit: list[Signer]) -> int | None:
    """The actor's own part: what they are asked to sign."""
    sides = [signer.party for signer in circuit if is_side_of(actor, signer.party)]
    return next((party.pk for party in sides if party.student_id), sides[0].pk if sides else None)


def _signer(signer: Signer, *, is_party: bool, is_due: bool) -> dict[str, Any]:
    """Names are for those who sign with them."""
    signature = signer.standing
    return {
        "id": signer.pk,
        "party": key_of(signer.party),
        "capacity": signer.capacity,
        "order": signer.order,
        "name": (signature.name if signature else signer.who) if is_party else "",
        "is_due": is_due,
        "signature": signature,
    }
