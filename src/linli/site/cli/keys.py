"""`linli keys …`: the keys with which fields are sealed, changed while work goes on."""

from collections import Counter

import click

from .groups import set_up_django


@click.group()
def keys() -> None:
    """The keys with which fields are sealed."""


@keys.command("list")
def list_keys() -> None:
    """Say how many values each key has sealed."""
    set_up_django()
    from linli.site.resealing import counted, field_ring  # noqa: PLC0415  (needs Django)

    ring = list(field_ring())
    totals: Counter[str] = sum(counted().values(), Counter())
    for key_id in [*ring, *sorted(set(totals) - set(ring))]:
        told = "the newest, writes" if key_id == ring[-1] else "reads"
        if key_id not in ring:
            told = "MISSING: these values cannot be read"
        click.echo(f"{key_id}  {totals[key_id]} values  {told}")


@keys.command("new")
def new_key() -> None:
    """Add a key; from now on everything is sealed with it."""
    set_up_django()
    from linli.site.resealing import add_key, field_ring  # noqa: PLC0415  (needs Django)

    made = add_key(field_ring())
    click.echo(f"Fields are sealed with {made} from now on. Copy the keys again: without them")
    click.echo("nothing can be read. Then: linli keys reseal")


@keys.command("reseal")
def reseal_values() -> None:
    """Seal with the newest key what older ones have sealed."""
    set_up_django()
    from linli.site.resealing import reseal  # noqa: PLC0415  (needs Django)

    done: Counter[str] = Counter()

    def say(purpose: str, values: int) -> None:
        done[purpose] += values
        click.echo(f"\r{purpose}: {done[purpose]}", nl=False, err=True)

    total = reseal(say)
    click.echo("", err=True)
    click.echo(f"{total} values were sealed again.")


@keys.command("retire")
@click.argument("key")
def retire(key: str) -> None:
    """Lay a key aside with which nothing is sealed any more."""
    set_up_django()
    from linli.site.resealing import field_ring, retire_key  # noqa: PLC0415  (needs Django)

    retire_key(field_ring(), key)
    click.echo(f"{key} is laid aside in keys/retired.json: backups from before still need it.")
