"""What a formula in a file calls and names, and formulas of a package rewritten.

In files formulas hold the English names of functions, commas, and ``[1]`` for another workbook.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

from openpyxl.utils import FORMULAE

from xlportfolio.files.package import Element, local_name, to_xml
from xlportfolio.files.references import Kind, tokens, unquoted_place
from xlportfolio.files.workbook import Workbook

#: Elements whose text is a formula: of cells, rules, lists, names, charts, sparklines and controls.
FORMULA_ELEMENTS = frozenset(
    {
        *("f", "formula", "formula1", "formula2", "oldFormula", "definedName"),
        *("calculatedColumnFormula", "totalsRowFormula"),
        *("FmlaLink", "FmlaRange", "FmlaPict", "FmlaGroup", "FmlaTxbx"),
    }
)
#: Attributes that are a formula, in whatever part.
FORMULA_ATTRIBUTES = (
    *("textlink", "fmlaLink", "fmlaRange", "fmlaGroup", "fmlaTxbx"),
    *("linkedCell", "listFillRange"),
)
#: The kinds of parts that may hold formulas.
_KINDS = re.compile(
    r"(?:worksheet|chartsheet|dialogsheet|table|chart|chartex|drawing|controlproperties)\+xml$"
)
_PREFIX = re.compile(r"(?:_xl(?:fn|ws|udf|l)\.)+", re.IGNORECASE)
_NEWER = re.compile(r"_xl(?:fn|ws|pm)\.", re.IGNORECASE)
_CALL = re.compile(r"\s*\(")
_REFERENCE = re.compile(
    r"\$?[A-Z]{1,3}(?:\$?\d+)?(?::\$?[A-Z]{1,3}(?:\$?\d+)?)?(?![\w.(])"
    r"|\$?\d+:\$?\d+|[^\W\d][\w.\\?]*(?!\()|\#REF!"
)
#: Functions of Excel that openpyxl does not know.
_ALSO = """
    ACOT ACOTH AGGREGATE ANCHORARRAY ARABIC ARRAYTOTEXT BASE BETA.DIST BETA.INV BINOM.DIST
    BINOM.DIST.RANGE BINOM.INV BITAND BITLSHIFT BITOR BITRSHIFT BITXOR BYCOL BYROW CALL
    CEILING.MATH CEILING.PRECISE CHISQ.DIST CHISQ.DIST.RT CHISQ.INV CHISQ.INV.RT CHISQ.TEST
    CHOOSECOLS CHOOSEROWS COMBINA CONCAT CONFIDENCE.NORM CONFIDENCE.T COPILOT COT COTH
    COVARIANCE.P COVARIANCE.S CSC CSCH DAYS DBCS DECIMAL DETECTLANGUAGE DROP ENCODEURL
    ERF.PRECISE ERFC.PRECISE EUROCONVERT EXPAND EXPON.DIST F.DIST F.DIST.RT F.INV F.INV.RT
    F.TEST FIELDVALUE FILTER FILTERXML FLOOR.MATH FLOOR.PRECISE FORECAST.ETS
    FORECAST.ETS.CONFINT FORECAST.ETS.SEASONALITY FORECAST.ETS.STAT FORECAST.LINEAR FORMULATEXT
    GAMMA GAMMA.DIST GAMMA.INV GAMMALN.PRECISE GAUSS GROUPBY HSTACK HYPGEOM.DIST IFNA IFS IMAGE
    IMCOSH IMCOT IMCSC IMCSCH IMPORTCSV IMPORTTEXT IMSEC IMSECH IMSINH IMTAN ISFORMULA ISOMITTED
    ISOWEEKNUM LAMBDA LET LOGNORM.DIST LOGNORM.INV MAKEARRAY MAP MAXIFS MINIFS MODE.MULT
    MODE.SNGL MUNIT NEGBINOM.DIST NORM.DIST NORM.INV NORM.S.DIST NORM.S.INV NUMBERSTRING
    NUMBERVALUE PDURATION PERCENTILE.EXC PERCENTILE.INC PERCENTOF PERCENTRANK.EXC
    PERCENTRANK.INC PERMUTATIONA PHI PIVOTBY POISSON.DIST PY QUARTILE.EXC QUARTILE.INC
    QUERYSTRING RANDARRAY RANK.AVG RANK.EQ REDUCE REGEXEXTRACT REGEXREPLACE REGEXTEST
    REGISTER.ID ROUNDBAHTDOWN RRI SCAN SEC SECH SEQUENCE SHEET SHEETS SINGLE SKEW.P SORT SORTBY
    SQL.REQUEST STDEV.P STDEV.S STOCKHISTORY SWITCH T.DIST T.DIST.2T T.DIST.RT T.INV T.INV.2T
    T.TEST TABLE TAKE TEXTAFTER TEXTBEFORE TEXTJOIN TEXTSPLIT THAIDAYOFWEEK TOCOL TOROW
    TRANSLATE TRIMRANGE UNICHAR UNICODE UNIQUE USDOLLAR VALUETOTEXT VAR.P VAR.S VSTACK
    WEBSERVICE WEIBULL.DIST WRAPCOLS WRAPROWS XLOOKUP XMATCH XOR Z.TEST
"""
_FUNCTIONS = frozenset({*FORMULAE, *_ALSO.split()})


class Word(NamedTuple):
    """A name in a formula: of a function, a table or whatever was named.

    Attributes
    ----------
    text
        Without the prefixes that tell Excel how old a function is.
    place
        What stands before its exclamation mark: the name of a sheet, ``[1]``, a file; else ``""``.
    is_call
        Whether a bracket follows.
    is_newer
        Whether it has a prefix of Excel's own.
    """

    text: str
    place: str
    is_call: bool
    is_newer: bool


def words(formula: str) -> Iterator[Word]:
    r"""The names in a formula, texts and columns of tables left out.

    >>> [w.text for w in words('@KP_A(B1,"KP_B(")+SUM(\'KP_C(\'!B2,t[KP_D(])') if w.is_call]
    ['KP_A', 'SUM']
    >>> next(words("[1]!_xlfn.KP_SCORE(1)"))
    Word(text='KP_SCORE', place='[1]', is_call=True, is_newer=True)
    """
    place, end = "", -1
    for token in tokens(formula):
        if token.kind is Kind.SHEET:
            place, end = unquoted_place(token.text), token.end
        elif token.kind in {Kind.NAME, Kind.FUNCTION}:
            text = _PREFIX.sub("", token.text)
            before = place if end == token.start else ""
            is_call = _CALL.match(formula, token.end) is not None
            yield Word(text, before, is_call, _NEWER.match(token.text) is not None)


def sheets_in(formula: str) -> set[str]:
    """The sheets that a formula names, in lower case; of a span of sheets, its two ends.

    >>> sorted(sheets_in("'It''s'!A1+SUM(Jan:Dec!B2)+[1]Other!C3"))
    ['[1]other', 'dec', "it's", 'jan']
    """
    if "!" not in formula:
        return set()
    places = (unquoted_place(t.text) for t in tokens(formula) if t.kind is Kind.SHEET)
    return {name for place in places for name in place.lower().split(":")}


def is_builtin(function: str) -> bool:
    """Whether Excel has a function of this name.

    >>> is_builtin("sumifs"), is_builtin("Z.TEST"), is_builtin("MyMargin")
    (True, True, False)
    """
    return function.upper() in _FUNCTIONS


def without_sheet(formula: str, sheet: str) -> str:
    r"""A formula as Excel leaves it when a sheet is deleted that it points at.

    >>> without_sheet("SUM(Page!$A$1:B2,'Page 2'!A1)+page!Rate+\"Page!A1\"", "Page")
    'SUM(#REF!,\'Page 2\'!A1)+#REF!+"Page!A1"'
    """
    made, done = "", 0
    for token in tokens(formula):
        if token.start < done or token.kind is not Kind.SHEET:
            continue
        if sheet.lower() not in unquoted_place(token.text).lower().split(":"):
            continue
        reference = _REFERENCE.match(formula, token.end)
        made += f"{formula[done : token.start]}#REF!"
        done = token.end if reference is None else reference.end()
    return made + formula[done:]


def needle(name: str) -> bytes:
    """Bytes that stand, in lower case, in every part that holds this name.

    >>> needle("Bob's & Kunden-Übersicht")
    b'bersicht'
    """
    runs: list[str] = re.findall("[a-z0-9_ ]+", name.lower(), re.ASCII)
    return max(runs, key=len, default="").encode("ascii")


def rewrite(workbook: Workbook, wanted: bytes, change: Callable[[str], str]) -> list[str]:
    """Change formulas wherever they stand; the parts that were changed.

    A cell whose formula has changed shows ``#REF!`` until it is computed.

    Parameters
    ----------
    wanted
        Bytes, in lower case, without which no part is looked at.
    change
        Gives a formula as it is to be.
    """
    package, changed = workbook.package, []
    for part in list(package.parts()):
        if _KINDS.search(package.content_type(part) or "") is None:
            continue
        data = package.read(part)
        if is_utf8(data) and wanted not in data.lower():
            continue
        root = package.xml(part)
        if _rewrite(root, change):
            package.put(part, to_xml(root))
            changed.append(part)
    for element in workbook.defined_names():
        element.text = change(element.text or "")
    return changed


def _rewrite(root: Element, change: Callable[[str], str]) -> bool:
    is_changed, lost = False, []
    for element in root.iter():
        name = local_name(element)
        text = element.text if name in FORMULA_ELEMENTS else None
        if text and (new := change(text)) != text:
            element.text, is_changed = new, True
            cell = element.getparent()
            if name == "f" and cell is not None and local_name(cell) == "c":
                lost.append(cell)
        for attribute in FORMULA_ATTRIBUTES:
            text = element.get(attribute)
            if text and (new := change(text)) != text:
                element.set(attribute, new)
                is_changed = True
    for cell in lost:
        _show_lost(cell)
    return is_changed


def _show_lost(cell: Element) -> None:
    formula = cell[0]
    cell[:] = [formula]
    cell.set("t", "e")
    cell.attrib.pop("vm", "")
    value = cell.makeelement(formula.tag[:-1] + "v", {})
    value.text = "#REF!"
    cell.append(value)


def is_utf8(data: bytes) -> bool:
    """Whether the bytes of a part can be searched for ASCII."""
    return b"\0" not in data[:100] and not data.startswith((b"\xff\xfe", b"\xfe\xff"))
