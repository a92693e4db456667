"""Typed readers of the environment: they refuse what they do not know, and guess nothing."""

import os
from collections.abc import Iterable
from pathlib import Path


class SettingError(Exception):
    """An environment variable has a value that is not understood."""


def read_switch(name: str, default: bool) -> bool:
    value = os.environ.get(name)
    if value is None:
        return default
    if value.lower() not in {"on", "off"}:
        raise SettingError(f"{name} must be on or off, not {value!r}")
    return value.lower() == "on"


def read_list(name: str, default: str) -> list[str]:
    return [part.strip() for part in os.environ.get(name, default).split(",") if part.strip()]


def read_choice(name: str, choices: Iterable[str], default: str) -> str:
    value, known = os.environ.get(name, default), tuple(choices)
    if value not in known:
        raise SettingError(f"{name} must be one of {', '.join(known)}, not {value!r}")
    return value


def read_number(name: str, default: int, *, least: int = 1, most: int = 10_000_000) -> int:
    value = os.environ.get(name) or str(default)
    if not (value.isascii() and value.isdigit() and least <= int(value) <= most):
        raise SettingError(f"{name} must be a number from {least} to {most}, not {value!r}")
    return int(value)


def read_secret(name: str) -> str:
    """A value that may also stand in a file, so that no list of processes shows it."""
    path = os.environ.get(f"{name}_FILE", "")
    if path:
        try:
            return Path(path).read_text("utf-8").strip()
        except OSError as error:
            raise SettingError(f"{name}_FILE cannot be read: {error}") from error
    return os.environ.get(name, "")
