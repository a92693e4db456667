from django.apps import AppConfig


class TermsConfig(AppConfig):
    name = "linli.kernel.terms"
    label = "terms"
