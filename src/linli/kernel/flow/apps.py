from django.apps import AppConfig


class FlowConfig(AppConfig):
    name = "linli.kernel.flow"
    label = "flow"
