from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "linli.kernel.accounts"
    label = "accounts"

    def ready(self) -> None:
        from . import factors  # noqa: F401, PLC0415  (holds sealed secrets; needs the models)
