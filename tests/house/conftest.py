from ..town import built_town, savepoint, town

__all__ = ["built_town", "savepoint", "town"]
