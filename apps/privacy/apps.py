from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.module_loading import autodiscover_modules
from django.utils.translation import gettext_lazy as _


class PrivacyConfig(AppConfig):
    name = "apps.privacy"
    verbose_name = _("Own data")

    def ready(self) -> None:
        from . import copies, tombstones  # noqa: F401  # they register themselves
        from .services.consents import publish_texts

        autodiscover_modules("personal")
        post_migrate.connect(publish_texts, sender=self, dispatch_uid="privacy.publish_texts")
