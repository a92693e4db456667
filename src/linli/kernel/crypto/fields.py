from typing import Any

from django.db import models

from .sealing import seal, unseal


class SealedTextField(models.BinaryField):
    """Text that is encrypted in the database and plain in Python; empty text is stored as NULL.

    Not searchable, not sortable. The purpose bound to the value is `<table>.<column>`.
    """

    # For mypy: the field holds bytes in the database and text in Python.
    _pyi_private_set_type: str
    _pyi_private_get_type: str  # type: ignore[assignment]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("null", True)
        kwargs.setdefault("blank", True)
        kwargs["editable"] = True
        super().__init__(*args, **kwargs)

    @property
    def purpose(self) -> str:
        return f"{self.model._meta.db_table}.{self.column}"

    def get_default(self) -> Any:
        return super().get_default() or ""

    def from_db_value(self, value: bytes | None, expression: Any, connection: Any) -> str:
        return "" if value is None else unseal(value, purpose=self.purpose)

    def get_prep_value(self, value: Any) -> bytes | None:
        return seal(value, purpose=self.purpose) if value else None

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        sealed = value if prepared else self.get_prep_value(value)
        return None if sealed is None else connection.Database.Binary(sealed)

    def to_python(self, value: Any) -> str:
        return value or ""

    def value_to_string(self, obj: models.Model) -> str:
        return ""
