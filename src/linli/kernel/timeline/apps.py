from django.apps import AppConfig


class TimelineConfig(AppConfig):
    name = "linli.kernel.timeline"
    label = "timeline"
