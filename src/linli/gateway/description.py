from typing import Any

from ninja import NinjaAPI


class DescribedAPI(NinjaAPI):
    """The API with a description that says all of it: the scope that each operation needs of a key,
    and parameters as OpenAPI 3.1 writes them."""

    def get_openapi_schema(self, *args: Any, **kwargs: Any) -> Any:
        made = super().get_openapi_schema(*args, **kwargs)
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
