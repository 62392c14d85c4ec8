"""What a person is told, and where it leads."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from apps.core.lists import ActorListView, choice_chips
from apps.core.views import PortalRequest

from .filters import DeliveryFilter
from .models import Delivery
from .services import deliveries_mark_all_read, delivery_mark_read


class NotificationList(ActorListView):
    queryset = Delivery.objects.select_related("notification")
    filterset_class = DeliveryFilter
    template_name = "notifications/list.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        chips = choice_chips(self.request, "unread", [("true", _("Unread"))], _("All"))
        context = super().get_context_data(chips=chips, **kwargs)
        return context | {"unread": any(delivery.read_at is None for delivery in context["page"].rows)}


@require_POST
def notification_open(request: PortalRequest, pk: int) -> HttpResponse:
    """Mark it as read and go to the page that it is about."""
    return redirect(delivery_mark_read(request.actor, delivery_id=pk).notification.url)


@require_POST
def read_all(request: PortalRequest) -> HttpResponse:
    deliveries_mark_all_read(request.actor)
    messages.success(request, _("All notifications are marked as read."))
    return redirect("notifications:list")
