from collections.abc import Iterable

from .source import Module, calls, modules

SEALING = "linli.kernel.crypto.sealing"
# Fields, what seals again, and a holder of its own (`crypto.holders`).
ALLOWED = {"linli.kernel.crypto.fields", "linli.site.resealing", "linli.kernel.accounts.factors"}


def sealed_by_hand(found: Iterable[Module]) -> list[str]:
    """Calls that seal a value outside a field: a new key would not reach what they store."""
    return [
        module.place(node)
        for module in found
        if module.name not in ALLOWED and f"from {SEALING} import" in module.text
        for name, node in calls(module.tree)
        if name == "seal"
    ]


def test_values_are_sealed_in_fields_only() -> None:
    assert sealed_by_hand(modules()) == []


def test_a_value_that_is_sealed_by_hand_is_found() -> None:
    planted = f"from {SEALING} import seal\n\nseal('x', purpose='p')\n"
    assert sealed_by_hand([Module("linli.people.odd", planted)]) == ["linli.people.odd:3"]
