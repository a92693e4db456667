"""Builds the documentation: `python -m tools.docs [FOLDER]` makes one site with both languages.

A warning is an error, a link that leads nowhere is a warning. The pages of an audience are found by
themselves: `docs/<language>/<audience>/<topic>.md`, the same topics in every language.
"""

import os
import subprocess
import sys
from pathlib import Path
from shutil import rmtree

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
SITE = ROOT / ".cache" / "docs"
LANGUAGES = ("en", "zh")
FIRST_PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Linli 邻里</title>
<link rel="stylesheet" href="en/_static/docs.css">
<body><div class="body"><h1>Linli 邻里</h1>
<p><a href="zh/index.html" lang="zh-CN">中文文档</a></p>
<p><a href="en/index.html">Documentation in English</a></p></div></body></html>
"""


def build(site: Path, *, docs: Path = DOCS) -> list[str]:
    """Make the whole site anew; what Sphinx complains of, nothing when all is well."""
    rmtree(site, ignore_errors=True)
    site.mkdir(parents=True)
    told = [line for code in LANGUAGES for line in build_language(code, site, docs=docs)]
    (site / "index.html").write_text(FIRST_PAGE, "utf-8")
    return told


def build_language(code: str, site: Path, *, docs: Path = DOCS) -> list[str]:
    kept = site / f".{code}"
    made = subprocess.run(
        [
            *(sys.executable, "-m", "sphinx", "-q", "-n", "-W", "--keep-going", "-E"),
            *("-b", "html", "-c", str(docs), "-d", str(kept)),
            *(str(docs / code), str(site / code)),
        ],
        env=os.environ | {"LINLI_DOCS_LANGUAGE": code},
        capture_output=True,
        text=True,
        check=False,
    )
    rmtree(kept, ignore_errors=True)
    told = [line for line in made.stderr.splitlines() if "WARNING" in line or "ERROR" in line]
    return told or ([made.stderr] if made.returncode else [])


def main() -> None:
    site = Path(sys.argv[1]).resolve() if sys.argv[1:] else SITE
    told = build(site)
    print("\n".join(told) or f"{site}/index.html")
    sys.exit(bool(told))


if __name__ == "__main__":
    main()
