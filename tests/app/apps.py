from django.apps import AppConfig


class HostConfig(AppConfig):
    name = "tests.app"
    label = "host"
    verbose_name = "Host project"
