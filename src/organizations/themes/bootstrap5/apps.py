from __future__ import annotations

from django.apps import AppConfig

__all__ = ["Bootstrap5Config"]


class Bootstrap5Config(AppConfig):
    name = "organizations.themes.bootstrap5"
    label = "organizations_bootstrap5"
    verbose_name = "Organizations in Bootstrap 5"
