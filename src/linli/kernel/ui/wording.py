"""Texts put together with the punctuation of the reader's language."""

from collections.abc import Iterable

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

Text = str | Promise


def labelled(label: Text, value: Text) -> str:
    """ "Area: Licheng District", with a full-width colon in Chinese."""
    return _("%(label)s: %(value)s") % {"label": label, "value": value}


def bracketed(text: Text, aside: Text) -> str:
    """ "Kaiyuan (second station)", with full-width brackets in Chinese."""
    return _("%(text)s (%(aside)s)") % {"text": text, "aside": aside}


def joined(names: Iterable[Text]) -> str:
    """ "Kaiyuan, Licheng", with the Chinese comma of lists in Chinese."""
    return pgettext("between names", ", ").join(map(str, names))
