"""Writes the committed copy of the API's description; a test compares it with the code."""

import json
import os
from pathlib import Path
from typing import Any

COPY = Path(__file__).resolve().parent.parent / "docs" / "openapi.json"


def description() -> dict[str, Any]:
    """The OpenAPI document as the code has it, in English, without the server's address."""
    from django.utils.translation import override  # noqa: PLC0415 - after django.setup()

    from linli.gateway.urls import api  # noqa: PLC0415

    with override("en"):
        made: dict[str, Any] = json.loads(
            json.dumps(api.get_openapi_schema(path_prefix="/api/v1/"), default=str)
        )
    return made


def main() -> None:
    import django  # noqa: PLC0415

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "linli.site.settings")
    django.setup()
    COPY.write_text(json.dumps(description(), indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
