from hypothesis import HealthCheck, Phase, given, settings

from ..world import World
from .facts import add_places
from .histories import Step, live, steps


# Shrinking thirty steps takes minutes; the drill does it.
@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
)
@given(history=steps)
def test_after_any_history_every_number_equals_a_recount(world: World, history: list[Step]) -> None:
    add_places()
    live(world, history)
