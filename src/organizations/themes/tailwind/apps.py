from __future__ import annotations

from django.apps import AppConfig

__all__ = ["TailwindConfig"]


class TailwindConfig(AppConfig):
    name = "organizations.themes.tailwind"
    label = "organizations_tailwind"
    verbose_name = "Organizations in Tailwind CSS"
