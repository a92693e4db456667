from django.apps import AppConfig


class DirectoryConfig(AppConfig):
    name = "linli.directory"
    label = "directory"
