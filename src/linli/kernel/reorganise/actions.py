from collections.abc import Iterable, Mapping
from datetime import date

from django.utils.translation import gettext as _

from linli.kernel.access import can, holds
from linli.kernel.accounts.actors import Actor
from linli.kernel.areas.changes import Change, Refused, is_changes, read_changes, read_list
from linli.kernel.areas.enact import apply, as_kept, change_of, effects_of, take_back
from linli.kernel.areas.models import Reorganisation
from linli.kernel.areas.yearly import CERTAIN, OPEN, compare
from linli.kernel.timeline.record import record
from linli.lib.areacodes import NATION, ancestors, level_of


class NothingNew(Refused):
    """Everything that a list says is in force already."""


def propose(*, actor: Actor, text: str, source: str, day: date) -> Reorganisation:
    """Keep what a list of changes, or a new year's full list, would change; nothing is changed.

    Raises Refused with a sentence for each line that cannot be.
    """
    if not holds(actor, "reorganise.propose"):
        raise Refused([_("This is not yours to do.")])
    if is_changes(text):
        told = read_changes(text, source)
        is_new = bool(effects_of(told, today=actor.today).lines)
        lines = [as_kept(one, certainty=CERTAIN) for one in told] if is_new else []
    else:
        lines = [
            as_kept(
                Change(source, one.kind, one.before, one.after, day, one.name),
                certainty=one.certainty,
                others=one.others,
                old=one.old_name,
            )
            for one in compare(read_list(text, source))
        ]
    if not lines:
        raise NothingNew([_("This list changes nothing: all of it is so already.")])
    concerned = {int(line[name]) for line in lines for name in ("before", "after")}
    if not all(actor.scope.reaches(code) for code in concerned):
        raise Refused(
            [_("This list concerns areas outside yours. Who looks after them all must import it.")]
        )
    made = Reorganisation.objects.create(
        area=_common(concerned), asked_by=actor.user_id, asked_at=actor.now, lines=lines
    )
    _tell(actor, "proposed", made)
    return made


def put_into_force(
    held: Reorganisation, *, actor: Actor, answers: Mapping[int, int | None]
) -> None:
    """Change the areas as a whole, with the answers to what the list left open (by its place).

    Raises Refused with a sentence for each line that cannot be, and for what is still open.
    """
    if not can(actor, "reorganise.apply", held) or held.applied_at is not None:
        raise Refused([_("It is in force already.")])
    told, open_ = [], []
    for at, line in enumerate(held.lines):
        one = change_of(line, _("change %(number)s") % {"number": at + 1})
        answer = answers.get(at)
        if line["certainty"] == OPEN and answer is None:
            open_.append(
                _("%(where)s: say what became of %(name)s.")
                % {"where": one.where, "name": line["old"]}
            )
        elif answer is not None and answer not in {one.after, *line["others"]}:
            open_.append(_("%(where)s: this is none of the answers.") % {"where": one.where})
        else:
            told.append(one if answer is None else _answered(one, answer))
    if open_:
        raise Refused(open_)
    held.lines = [line | {"after": one.after} for line, one in zip(held.lines, told, strict=True)]
    apply(told, now=actor.now, today=actor.today, held=held)
    _tell(actor, "applied", held)


def _answered(one: Change, after: int) -> Change:
    return Change(one.where, one.kind, one.before, after, one.day, one.name)


def undo(held: Reorganisation, *, actor: Actor) -> None:
    """Take a reorganisation back. Raises Refused when facts already stand under its new codes."""
    if not can(actor, "reorganise.take_back", held):
        raise Refused([_("This is not yours to do.")])
    take_back(held, now=actor.now)
    _tell(actor, "taken_back", held)


def _common(codes: Iterable[int]) -> int:
    """The smallest area that holds some others."""
    chains = [[*ancestors(code), code] for code in codes]
    shared = set(chains[0]).intersection(*chains[1:]) if chains else {NATION}
    return max(shared, key=level_of)


def _tell(actor: Actor, verb: str, held: Reorganisation) -> None:
    record(
        actor,
        f"reorganise.{verb}",
        subject_type="areas.reorganisation",
        subject_id=held.pk,
        area=held.area,
        changes=len(held.lines),
    )
