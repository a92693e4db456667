from django.apps import AppConfig


class UnitsConfig(AppConfig):
    name = "linli.kernel.units"
    label = "units"
