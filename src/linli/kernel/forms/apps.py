from django.apps import AppConfig


class FormsConfig(AppConfig):
    name = "linli.kernel.forms"
    label = "linli_forms"
