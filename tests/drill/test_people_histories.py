from hypothesis import HealthCheck, given, settings

from tests.people.histories import Step, live, steps
from tests.world import World


@settings(max_examples=2000, deadline=None, suppress_health_check=list(HealthCheck))
@given(history=steps(25))
def test_after_two_thousand_histories_every_fact_is_where_it_belongs(
    world: World, history: list[Step]
) -> None:
    live(world, history)
