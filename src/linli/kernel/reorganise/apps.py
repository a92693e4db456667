from django.apps import AppConfig


class ReorganiseConfig(AppConfig):
    name = "linli.kernel.reorganise"
    label = "reorganise"
