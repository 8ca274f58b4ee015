"""The page to point at as one file: its parts, the charting library and the data put together.

The page asks nothing of anybody: a policy in its head lets a browser load nothing from anywhere,
and run and apply only the script and style that were written into it, known by their hashes.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re
from importlib.resources import files

from xlportfolio.audience import Audience
from xlportfolio.web_data import web_data

#: The parts of the page's script, in the order in which they are put together to one.
SCRIPTS = (
    *("data.js", "scoring.js", "state.js", "card.js", "names.js"),
    *("matrix.js", "pointing.js", "list.js", "controls.js", "page.js"),
)
#: What the licences of the library, and of what stands in it, ask to be shown wherever it goes.
NOTICES = ("ECHARTS-NOTICE", "licenses/LICENSE-d3", "licenses/LICENSE-zrender")
_PLACE = re.compile(r"\{\{(\w+)\}\}")
#: What could end the element that holds the data, or a line of it, or is no character by itself.
_UNSAFE = re.compile("[<>&\u2028\u2029\ud800-\udfff]")


def web_page(audience: Audience) -> bytes:
    """The whole page, HTML in UTF-8; the same for the same run."""
    data = web_data(audience)
    words = data["texts"]["web"]
    style, library = map(_part, ("page.css", "echarts.min.js"))
    script = "\n".join(map(_part, SCRIPTS))
    filled = {
        "language": data["language"],
        "policy": html.escape(_policy((library, script), style)),
        "title": html.escape(words["title"]),
        "no_script": html.escape(words["no_script"]),
        "notice": "\n".join(map(_part, NOTICES)),
        "style": style,
        "data": as_json(data),
        "library": library,
        "script": script,
    }
    return _PLACE.sub(lambda place: filled[place[1]], _part("page.html")).encode()


def as_json(data: object) -> str:
    r"""Data as it may stand in an element of a page, whatever its texts hold.

    >>> as_json({"name": "</script>"})
    '{"name":"\\u003c/script\\u003e"}'
    """
    plain = json.dumps(data, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return _UNSAFE.sub(lambda sign: f"\\u{ord(sign[0]):04x}", plain)


def _part(name: str) -> str:
    return files("xlportfolio").joinpath("web", name).read_text(encoding="utf-8")


def _policy(scripts: tuple[str, ...], style: str) -> str:
    """What the page may load and run, in the words of the Content Security Policy.

    References
    ----------
    W3C: Content Security Policy Level 3, https://www.w3.org/TR/CSP3/.
    """
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src {' '.join(map(_hash, scripts))}",
            f"style-src {_hash(style)}",
            "img-src data:",
            "base-uri 'none'",
            "form-action 'none'",
        )
    )


def _hash(content: str) -> str:
    digest = hashlib.sha256(content.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"
