from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class VocationalGroupsConfig(AppConfig):
    name = "apps.vocational_groups"
    verbose_name = _("Vocational education groups")
