from typing import Any

from ninja import NinjaAPI


class DescribedAPI(NinjaAPI):
    """The API with a description that says all of it: the scope that each operation needs of a key,
    and parameters as OpenAPI 3.1 writes them."""

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self._made: dict[Any, Any] = {}

    def get_openapi_schema(
        self, *, path_prefix: str | None = None, path_params: dict[str, Any] | None = None
    ) -> Any:
        """The description, made once for each prefix: making it takes a third of a second, and
        anybody may ask for it."""
        where = path_prefix, tuple(sorted((path_params or {}).items()))
        if where not in self._made:
            self._made[where] = self._describe(path_prefix, path_params)
        return self._made[where]

    def _describe(self, path_prefix: str | None, path_params: dict[str, Any] | None) -> Any:
        made = super().get_openapi_schema(path_prefix=path_prefix, path_params=path_params)
        for operations in made["paths"].values():
            for operation in operations.values():
                _mend(operation)
        return made


def _mend(operation: dict[str, Any]) -> None:
    scope = operation.pop("x-scope", None)
    for one in operation["security"]:
        if "Key" in one and scope:
            # Names of what a bearer must be good for, which 3.1 allows for any kind of key.
            one["Key"] = [scope]
    for one in operation["parameters"]:
        # The list of examples belongs to the schema, where it stands already.
        one.pop("examples", None)
