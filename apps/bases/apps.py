from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class BasesConfig(AppConfig):
    name = "apps.bases"
    verbose_name = _("Bases")

    def ready(self) -> None:
        from . import affected, notices  # noqa: F401  # they register themselves
