from django.apps import AppConfig


class GuildsConfig(AppConfig):
    name = "tests.compat.guilds"
    label = "guilds"
    default_auto_field = "django.db.models.AutoField"
