from django.apps import AppConfig


class SiteConfig(AppConfig):
    name = "linli.site"
    label = "site"

    def ready(self) -> None:
        from . import rooms, wiring  # noqa: PLC0415 - models must be loaded first

        rooms.load()
        wiring.connect()
