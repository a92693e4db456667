from ..oracle.conftest import quiet
from ..town import built_town, savepoint, town

__all__ = ["built_town", "quiet", "savepoint", "town"]
