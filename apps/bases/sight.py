"""Who can see a base, and why."""

from __future__ import annotations

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from apps.agreements.policies import in_force
from apps.organizations.models import Membership
from apps.organizations.sight import Anchor, Reason, governments_over, register

from .models import Base
from .policies import can_manage_base


def reasons(base: Base) -> list[Reason]:
    members = Membership.objects.current()
    partners = base.agreement.parties.exclude(organization_id=base.host_id).values("organization_id")
    live = _("Their organization is party to the agreement behind it: students look for places here.")
    over = _("Their organization is party to the agreement behind it, which is not in force today.")
    governments = governments_over([base.region_id]).exclude(pk=base.host_id).exclude(pk__in=partners)
    return [
        Reason(_("Their organization runs it."), members.filter(organization_id=base.host_id)),
        Reason(live if in_force(base.agreement) else over, members.filter(organization_id__in=partners)),
        Reason(_("Government of the region in which it lies."), members.filter(organization__in=governments)),
    ]


register(
    Anchor(
        name="base",
        title=_("Who can see this base"),
        rows=Base.objects.select_related("agreement").all,
        decide=can_manage_base,
        home=lambda base: reverse("bases:base_detail", args=[base.pk]),
        reasons=reasons,
    )
)
