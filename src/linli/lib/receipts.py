"""Numbers that people read aloud, write down and type again: receipts, cases, orders.

The alphabet leaves out I, L, O and U. The check character is ISO 7064 MOD 37-2, the pure system:
it detects every wrong character and every exchange of neighbours. MOD 37,36 does not (it takes
some exchanged neighbours for right), and either may end in a letter that is left out here; a draw
whose check character is not in the alphabet is therefore thrown away. A number is never a secret:
what it opens needs a PIN beside it.
"""

import re
import secrets
import unicodedata
from itertools import pairwise
from random import Random

from stdnum.iso7064 import mod_37_2

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
GROUP = 4
MIN_LENGTH, MAX_LENGTH = 6, 24
PIN_LENGTH = 6
FEWEST_DIGITS = 3

_LOOK_ALIKES = str.maketrans("OIL", "011")
_SEPARATORS = re.compile(r"[\s\-\u2010-\u2015\u2212_.]+")


class InvalidNumber(ValueError):
    """A number that was mistyped; `code` is "length", "characters" or "check"."""

    def __init__(self, code: str) -> None:
        super().__init__(f"invalid number: {code}")
        self.code = code


def new_number(prefix: str = "", length: int = 8, rng: Random | None = None) -> str:
    """`prefix`, `length` random characters and a check character, without hyphens.

    Drawn from the system's random source unless `rng` is given (seeded demo data). Unique only by
    chance: the caller holds a unique constraint and draws again. Raises ValueError when the prefix
    has a character outside ALPHABET or the whole is not MIN_LENGTH..MAX_LENGTH characters long.
    """
    if not set(ALPHABET).issuperset(prefix):
        raise ValueError(f"the prefix {prefix!r} has characters outside {ALPHABET}")
    if length < 1 or not MIN_LENGTH <= len(prefix) + length + 1 <= MAX_LENGTH:
        raise ValueError(f"a number has {MIN_LENGTH} to {MAX_LENGTH} characters")
    source = rng or secrets.SystemRandom()
    while True:
        body = prefix + "".join(source.choices(ALPHABET, k=length))
        check = mod_37_2.calc_check_digit(body)
        if check in ALPHABET:
            return body + check


def grouped(number: str) -> str:
    """A number as it is shown, in groups of four: "7K3Q-9M2F-X"."""
    return "-".join(number[at : at + GROUP] for at in range(0, len(number), GROUP))


def normalise(text: str, *, length: int | None = None) -> str:
    """The number that somebody typed; case, spaces, hyphens, full width, O, I and L put right.

    Raises InvalidNumber with "characters", "length" (not MIN_LENGTH..MAX_LENGTH, or not `length`
    when given) or "check".
    """
    narrow = unicodedata.normalize("NFKC", text).upper()
    number = _SEPARATORS.sub("", narrow).translate(_LOOK_ALIKES)
    if not set(ALPHABET).issuperset(number):
        raise InvalidNumber("characters")
    is_long_enough = MIN_LENGTH <= len(number) <= MAX_LENGTH
    if not is_long_enough or length not in {None, len(number)}:
        raise InvalidNumber("length")
    if not mod_37_2.is_valid(number):
        raise InvalidNumber("check")
    return number


def new_pin() -> str:
    """Six digits from the system's secure random source, none of those that people try first."""
    while True:
        pin = f"{secrets.randbelow(10**PIN_LENGTH):0{PIN_LENGTH}d}"
        if not is_trivial_pin(pin):
            return pin


def is_trivial_pin(pin: str) -> bool:
    """Whether a PIN is easily guessed: one or two different digits (000000, 121212), a run with a
    constant step (123456, 864208), a repeated half (123123), pairs (112233) or a mirror (123321).
    """
    digits = [int(digit) for digit in pin]
    steps = {(after - before) % 10 for before, after in pairwise(digits)}
    half = len(pin) // 2
    return (
        len(set(digits)) < FEWEST_DIGITS
        or len(steps) == 1
        or pin[:half] == pin[half:]
        or pin[::2] == pin[1::2]
        or pin == pin[::-1]
    )
