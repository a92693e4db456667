from django.apps import AppConfig


class GatewayConfig(AppConfig):
    name = "linli.gateway"
    label = "gateway"
