from django.apps import AppConfig


class OperationsConfig(AppConfig):
    name = "linli.kernel.operations"
    label = "operations"
