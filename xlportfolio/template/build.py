"""Build the workbooks to start from: ``python -m xlportfolio.template.build``.

They are made from text: the sheets by :mod:`inputs`, :mod:`views` and :mod:`what_if`, the macros
from ``vba/``, the tab from ``ribbon.xml``, all words from ``locale``. The same sources give the
same bytes. It writes them into ``books/`` beside this module, the English one with the sample also
as ``workbook_template.xlsm`` into the folder in which it runs, and ``vba/KpFunctions.bas``.
"""

from __future__ import annotations

import datetime as dt
import re
import zipfile
from io import BytesIO
from pathlib import Path

import xlsxwriter

from xlportfolio import __version__
from xlportfolio.files.package import parse_xml, to_xml
from xlportfolio.files.spill import Spill, array_formulas
from xlportfolio.files.workbook import MAIN
from xlportfolio.locale import FALLBACK, LANGUAGES
from xlportfolio.schema.contract import CRITERIA, CUSTOMERS
from xlportfolio.state import state_formulas
from xlportfolio.template.author import Author
from xlportfolio.template.inputs import write_inputs
from xlportfolio.template.macros import functions_module, names_of_texts, ribbon, vba_of_workbook
from xlportfolio.template.views import tables_of, write_scorecard, write_start
from xlportfolio.template.what_if import write_what_if
from xlportfolio.template.word_lists import names_of_words
from xlportfolio.template.workbook import file_name

_FOLDER = Path(__file__).parent
#: The day on which all files of all builds are made, so that they are equal.
_DAY = dt.datetime(2026, 1, 1)  # noqa: DTZ001 (XlsxWriter takes no zone)
#: The version of Excel's calculation. A lower one makes Excel compute all formulas on opening, and
#: where macros are blocked every result of ours would be lost.
_CALCULATION = 191_029

_SHEETS = "xl/worksheets/"
_RIBBON_PART = "customUI/customUI.xml"
_RIBBON_TYPE = "http://schemas.microsoft.com/office/2006/relationships/ui/extensibility"


def build(language: str, *, with_sample: bool, macros: bool) -> bytes:
    """Make one workbook; see :func:`xlportfolio.template.workbook.new_workbook`."""
    sink = BytesIO()
    book = xlsxwriter.Workbook(sink, {"in_memory": True})
    author = Author(book, language, macros=macros)
    book.set_size(1_500, 950)  # pixels
    book.set_calc_mode("auto", _CALCULATION)
    book.calc_on_load = False
    title = author.words("new.title")
    book.set_properties({"title": title, "author": f"xlportfolio {__version__}", "created": _DAY})
    if macros:
        book.set_vba_name("ThisWorkbook")
        book.add_vba_project(BytesIO(vba_of_workbook()), is_stream=True)
    names = _names(language)
    if macros:
        names |= names_of_texts(language)
    for name, formula in names.items():
        book.define_name(name, f"={formula}")
    write_start(author, with_sample=with_sample)
    write_inputs(author, with_sample=with_sample)
    if macros:
        tables = tables_of(language, with_sample=with_sample)
        write_scorecard(author, tables)
        write_what_if(author, tables, with_sample=with_sample)
    book.close()
    return _finished(sink, author)


def _names(language: str) -> dict[str, str]:
    """The names behind lists, colours and the state of the last run."""
    named = {
        "kp_customers": CUSTOMERS.reference("customer", language),
        "kp_customer_ids": CUSTOMERS.reference("customer_id", language),
        "kp_criteria": CRITERIA.reference("criterion", language),
        "kp_scales": CRITERIA.reference("scale", language),
        "kp_levels": CRITERIA.reference("levels", language),
        "kp_headers": f"INDEX({CUSTOMERS.whole},1,0)",
    }
    return named | names_of_words() | state_formulas()


def _finished(made: BytesIO, author: Author) -> bytes:
    """Add what XlsxWriter does not write: the tab, hidden names, the answers of arrays."""
    with zipfile.ZipFile(made) as package:
        parts = {name: package.read(name) for name in package.namelist()}
    hidden = rb'<definedName name="(kp_(?:macros|(?:text|help)_\w+))">'
    parts["xl/workbook.xml"] = re.sub(
        hidden, rb'<definedName name="\1" hidden="1">', parts["xl/workbook.xml"]
    )
    sheets = {name: parse_xml(parts[name]) for name in parts if name.startswith(_SHEETS)}
    for sheet, cell, block in author.answers:
        root = sheets[f"{_SHEETS}sheet{sheet + 1}.xml"]
        formula = next(
            f for f in array_formulas(root) if (f.get("ref") or "").split(":")[0] == cell
        )
        Spill(root, formula).replace(block)
    for part, root in sheets.items():
        for element in root.iter(f"{{{MAIN}}}c"):
            if element.findtext(f"{{{MAIN}}}v") == "":  # Excel computes what keeps no value
                element.set("t", "str")
        parts[part] = to_xml(root)
    if author.macros:
        parts[_RIBBON_PART] = ribbon(author.language)
        relationship = (
            f'<Relationship Id="rIdRibbon" Type="{_RIBBON_TYPE}" Target="{_RIBBON_PART}"/>'
        )
        end = b"</Relationships>"
        parts["_rels/.rels"] = parts["_rels/.rels"].replace(end, relationship.encode() + end)
    sink = BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as package:
        for name, content in parts.items():
            entry = zipfile.ZipInfo(name)  # whose time is that of the format's beginning
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o600 << 16
            package.writestr(entry, content)
    return sink.getvalue()


def main() -> None:
    """Write all workbooks to where they belong."""
    (_FOLDER / "vba" / "KpFunctions.bas").write_text(functions_module(), "ascii")
    books = _FOLDER / "books"
    books.mkdir(exist_ok=True)
    for language in LANGUAGES:
        for with_sample in (True, False):
            for macros in (True, False):
                name = file_name(language, with_sample=with_sample, macros=macros)
                content = build(language, with_sample=with_sample, macros=macros)
                (books / name).write_bytes(content)
    template = file_name(FALLBACK, with_sample=True, macros=True)
    Path("workbook_template.xlsm").write_bytes((books / template).read_bytes())


if __name__ == "__main__":
    main()
