from django.apps import AppConfig


class StaffConfig(AppConfig):
    name = "linli.kernel.staff"
    label = "staff"
