from django.apps import AppConfig


class FilesConfig(AppConfig):
    name = "tests.tenancy.files"
    label = "files"
    default_auto_field = "django.db.models.BigAutoField"
