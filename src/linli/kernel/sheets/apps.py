from django.apps import AppConfig


class SheetsConfig(AppConfig):
    name = "linli.kernel.sheets"
    label = "sheets"
