from django.apps import AppConfig


class HooksConfig(AppConfig):
    name = "linli.kernel.hooks"
    label = "hooks"
