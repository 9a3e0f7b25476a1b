"""The app of the goods."""

from django.apps import AppConfig


class GoodsConfig(AppConfig):
    name = "bench.ours"
    label = "goods"
