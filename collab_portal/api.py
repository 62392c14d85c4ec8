"""The REST API: every app's viewsets under ``/api/v1/``, the OpenAPI document and its page.

An app lists its viewsets in ``routes`` of its ``api`` module: prefix, viewset, basename.
"""

from django.urls import path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework.routers import SimpleRouter

from apps.agreements.api import routes as agreements
from apps.applications.api import routes as applications
from apps.audit.api import routes as audit
from apps.bases.api import routes as bases
from apps.evaluations.api import routes as evaluations
from apps.jobs.api import routes as jobs
from apps.notifications.api import routes as notifications
from apps.organizations.api import routes as organizations
from apps.placements.api import routes as placements
from apps.portal.api import urlpatterns as portal
from apps.privacy.api import routes as privacy
from apps.reporting.api import urlpatterns as reporting
from apps.universities.api import routes as universities

router = SimpleRouter()
for prefix, viewset, basename in (
    *organizations,
    *agreements,
    *bases,
    *applications,
    *placements,
    *evaluations,
    *notifications,
    *universities,
    *jobs,
    *audit,
    *privacy,
):
    router.register(prefix, viewset, basename=basename)

app_name = "api"
urlpatterns = [
    *router.urls,
    *portal,
    *reporting,
    path("schema/", SpectacularAPIView.as_view(), name="schema"),
    path("docs/", SpectacularSwaggerSplitView.as_view(url_name="api:schema"), name="docs"),
]
