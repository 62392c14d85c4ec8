from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class UniversitiesConfig(AppConfig):
    name = "apps.universities"
    verbose_name = _("Universities")

    def ready(self) -> None:
        from . import jobs  # noqa: F401  # they register themselves
