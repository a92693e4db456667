from .timing import Figure, load
from .world.build import Loading

PART = "Loading the data set"
FACTS = 20_000_000
MINUTES = 15


def figures(loading: Loading) -> list[Figure]:
    """How fast rows went in when the data set was made, and what they take on disk."""
    made = [
        Figure(
            PART,
            name,
            per_second=loading.rows[name.split(",")[0]] / seconds,
            note=f"{loading.rows[name.split(',')[0]]:,} rows in {seconds:.1f} s",
            load=load(),
        )
        for name, seconds in loading.seconds.items()
    ]
    both = loading.seconds["services_service"] + loading.seconds["services_recipient"]
    rows = loading.rows["services_service"]
    whole = Figure(PART, "20 million services, this pace", load=load())
    made.append(
        whole.at_most(FACTS * loading.seconds["services_service"] / rows / 60, MINUTES, "min")
    )
    made.append(
        Figure(PART, "the same with recipients", note=f"{FACTS * both / rows / 60:.0f} min")
    )
    per_million = loading.facts_megabytes / rows * 1_000_000
    made.append(Figure(PART, "disk per million facts", note=f"{per_million:,.0f} MB with indexes"))
    made.append(Figure(PART, "disk of everything", note=f"{loading.megabytes:,.0f} MB"))
    return made
