from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "linli.kernel.accounts"
    label = "accounts"
