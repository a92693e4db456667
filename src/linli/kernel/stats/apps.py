from django.apps import AppConfig


class StatsConfig(AppConfig):
    name = "linli.kernel.stats"
    label = "stats"
