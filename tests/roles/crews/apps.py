from django.apps import AppConfig


class CrewsConfig(AppConfig):
    name = "tests.roles.crews"
    label = "crews"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self):
        from organizations import grants

        from .models import CrewGroups

        grants.register_groups(CrewGroups())
