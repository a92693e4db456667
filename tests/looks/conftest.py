from ..journeys.conftest import browser
from ..oracle.conftest import quiet
from ..town import built_town, town

__all__ = ["browser", "built_town", "quiet", "town"]
