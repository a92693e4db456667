from django.apps import AppConfig


class JobsConfig(AppConfig):
    name = "linli.kernel.jobs"
    label = "jobs"
