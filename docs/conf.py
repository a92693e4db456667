"""How the documentation is built, in one language at a time; see tools/docs.py."""

import os
import re
from typing import Any

from sphinx.application import Sphinx
from sphinx.search import SearchLanguage

language = {"en": "en", "zh": "zh_CN"}[os.environ.get("LINLI_DOCS_LANGUAGE", "en")]
code = language[:2]
project = {"en": "Linli", "zh": "邻里"}[code]
copyright = ""
extensions = ["myst_parser"]
source_suffix = {".md": "markdown"}
myst_heading_anchors = 3
templates_path = ["_templates"]
html_static_path = ["_static"]
html_theme = "alabaster"
html_css_files = ["docs.css"]
html_title = project
html_copy_source = False
html_show_sphinx = False
html_show_copyright = False
html_search_language = "zh" if code == "zh" else "en"
html_sidebars = {"**": ["about.html", "languages.html", "searchbox.html", "navigation.html"]}
html_context = {
    "languages": [("en", "English"), ("zh", "中文")],
    "here": code,
}
html_theme_options = {
    "description": {
        "en": "The platform on which grassroots social work runs",
        "zh": "面向中国基层社会工作的平台",
    }[code],
    "fixed_sidebar": True,
    "sidebar_collapse": True,
    "show_powered_by": False,
    "show_relbars": False,
    "font_family": "inherit",
    "head_font_family": "inherit",
    "code_font_family": "ui-monospace, Menlo, Consolas, monospace",
    "font_size": "16px",
}


class Bigrams(SearchLanguage):
    """Chinese is searched by every two characters that stand beside each other: that needs no
    dictionary, and finds any part of a sentence."""

    lang = "zh"
    language_name = "Chinese"
    js_stemmer_code = "var Stemmer = function () { this.stemWord = (word) => word; };"
    js_splitter_code = """var splitQuery = (query) =>
  (query.match(/\\p{Script=Han}+|[A-Za-z0-9_-]+/gu) || []).flatMap((run) =>
    /\\p{Script=Han}/u.test(run) && run.length > 1
      ? Array.from({ length: run.length - 1 }, (_, at) => run.slice(at, at + 2))
      : [run.toLowerCase()]);"""
    runs = re.compile(r"[\u4e00-\u9fff]+|[A-Za-z0-9_-]+")

    def split(self, input: str) -> list[str]:
        found: list[str] = []
        for run in self.runs.findall(input):
            if run[0] < "\u4e00" or len(run) == 1:
                found.append(run.lower())
            else:
                found += [run[at : at + 2] for at in range(len(run) - 1)]
        return found

    def stem(self, word: str) -> str:
        return word.lower()

    def word_filter(self, stemmed_word: str) -> bool:
        return bool(stemmed_word)


def setup(app: Sphinx) -> dict[str, Any]:
    if code == "zh":
        app.add_search_language(Bigrams)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
