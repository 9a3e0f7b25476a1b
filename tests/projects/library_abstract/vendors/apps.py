from django.apps import AppConfig
from django.core import checks


class VendorsConfig(AppConfig):
    name = "vendors"

    def ready(self):
        """Without the package's app config, a project asks for the check of families itself."""
        from organizations.checks import check_families

        checks.register(check_families)
