"""Names as they are sorted and searched: pinyin, initials, tokens.

Surnames have readings of their own, which dictionaries of ordinary words get wrong; they are
listed here. Names of minorities and foreigners may hold a middle dot, Latin letters or many
characters; nothing here limits their form.
"""

import re
import unicodedata
from functools import lru_cache

# Surname → reading, where the common word is read otherwise or the rule should be seen.
SURNAMES = {
    "便": "pian",
    "卜": "bu",
    "薄": "bo",
    "不": "fou",
    "藏": "zang",
    "查": "zha",
    "长": "chang",
    "单": "shan",
    "單": "shan",
    "都": "du",
    "佴": "nai",
    "番": "pan",
    "繁": "po",
    "盖": "ge",
    "蓋": "ge",
    "给": "ji",
    "句": "gou",
    "黑": "he",
    "华": "hua",
    "華": "hua",
    "郇": "xun",
    "会": "gui",
    "祭": "zhai",
    "角": "jue",
    "解": "xie",
    "阚": "kan",
    "闞": "kan",
    "乐": "yue",
    "樂": "yue",
    "六": "lu",
    "乜": "nie",
    "秘": "bi",
    "缪": "miao",
    "繆": "miao",
    "牟": "mu",
    "能": "nai",
    "粘": "nian",
    "区": "ou",
    "區": "ou",
    "朴": "piao",
    "仇": "qiu",
    "覃": "qin",
    "圈": "juan",
    "任": "ren",
    "折": "she",
    "召": "shao",
    "术": "zhu",
    "隗": "wei",
    "洗": "xian",
    "颉": "xie",
    "员": "yun",
    "員": "yun",
    "曾": "zeng",
    "翟": "zhai",
    "种": "chong",
    "乐正": "yue zheng",
    "樂正": "yue zheng",
    "尉迟": "yu chi",
    "尉遲": "yu chi",
    "万俟": "mo qi",
    "萬俟": "mo qi",
    "长孙": "zhang sun",
    "長孫": "zhang sun",
    "单于": "chan yu",
    "單于": "chan yu",
    "澹台": "tan tai",
    "澹臺": "tan tai",
    "仲长": "zhong chang",
    "仲長": "zhong chang",
    "子车": "zi ju",
    "子車": "zi ju",
}

_DOTS = "·•‧・⋅∙"
_IGNORED = re.compile(rf"[\s{_DOTS}]+")
_HAN = "\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_PIECES = re.compile(rf"([{_HAN}]+)|([^\W_{_HAN}]+)")


def pinyin_key(name: str, *, person: bool = True) -> str:
    """Lower-case ASCII pinyin, syllables joined by single spaces; what a list of names sorts by.

    A leading surname takes the reading of SURNAMES unless the name has a middle dot or `person` is
    False (names of places and organisations: 乐山 is le shan, 解放 is jie fang). ü is written v.
    Latin words stand as they are, without accents. A character whose reading is unknown becomes
    "zz" and its code point, so that it sorts last.
    """
    return " ".join(_readings(name, person))


def initials(name: str, *, person: bool = True) -> str:
    """The first letter of each syllable or Latin word: "zgf" for 曾国藩."""
    return "".join(syllable[0] for syllable in _readings(name, person))


def search_tokens(name: str) -> set[str]:
    """Everything a name can be found by when a token must begin with the folded query.

    All suffixes of the folded name by character, of its pinyin by syllable and of its initials;
    pinyin and initials in every reading that the surname may have. Never the empty string.
    """
    tokens = _suffixes(fold(name))
    text = _text(name)
    for surname in _surnames(text):
        syllables = _syllables(text, surname)
        tokens |= _suffixes(syllables)
        tokens |= _suffixes([syllable[0] for syllable in syllables])
    return tokens


def fold(text: str) -> str:
    """A query or name in the form in which tokens are compared.

    NFKC, lower case, ü as v, without white space, middle dots and characters no database stores.
    """
    narrow = unicodedata.normalize("NFKC", text).lower().replace("ü", "v").replace("\x00", "")
    return _IGNORED.sub("", narrow)


def _suffixes(parts: str | list[str]) -> set[str]:
    return {"".join(parts[at:]) for at in range(len(parts))}


def _readings(name: str, person: bool) -> list[str]:
    text = _text(name)
    return _syllables(text, _surnames(text)[0] if person else "")


def _text(name: str) -> str:
    return unicodedata.normalize("NFKC", name).lower().strip()


def _surnames(text: str) -> list[str]:
    """The listed surnames that a name may begin with, the likeliest first; "" for none at last.

    单于伟 is of the house Chanyu, but may be a Shan.
    """
    if any(dot in text for dot in _DOTS):
        return [""]
    return [text[:size] for size in (2, 1) if text[:size] in SURNAMES] + [""]


def _syllables(text: str, surname: str) -> list[str]:
    syllables = SURNAMES[surname].split() if surname else []
    for han, word in _PIECES.findall(text[len(surname) :]):
        syllables += [_latin(word)] if word else _read(han)
    return syllables


def _read(han: str) -> list[str]:
    from pypinyin.seg.mmseg import seg  # noqa: PLC0415  (60 MB of dictionaries)

    return [syllable for word in seg.cut(han) for syllable in _word(word)]


# The dictionaries know words, and names share them: looking a word up anew costs 40 µs.
@lru_cache(maxsize=100_000)
def _word(word: str) -> tuple[str, ...]:
    from pypinyin import Style, lazy_pinyin  # noqa: PLC0415  (60 MB of dictionaries)

    # Characters without a reading come back as they are, which _latin makes ASCII.
    return tuple(_latin(syllable) for syllable in lazy_pinyin(word, style=Style.NORMAL))


def _latin(word: str) -> str:
    """A word in ASCII: accents dropped, letters of other scripts by their code points."""
    bare = unicodedata.normalize("NFKD", word.casefold())
    letters = (letter for letter in bare if not unicodedata.combining(letter))
    return "".join(letter if letter.isascii() else _unread(letter) for letter in letters)


def _unread(character: str) -> str:
    return f"zz{ord(character):x}"
