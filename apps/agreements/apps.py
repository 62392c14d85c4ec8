from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class AgreementsConfig(AppConfig):
    name = "apps.agreements"
    verbose_name = _("Agreements")

    def ready(self) -> None:
        from . import jobs, notices, receivers  # noqa: F401  # they register themselves
        from .services import install_shipped_modes

        post_migrate.connect(install_shipped_modes, sender=self)
