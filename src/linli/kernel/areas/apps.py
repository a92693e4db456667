from django.apps import AppConfig


class AreasConfig(AppConfig):
    name = "linli.kernel.areas"
    label = "areas"
