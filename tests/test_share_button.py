"""The button Share, over an open workbook of LibreOffice and a copy of it as Excel saves one."""

from __future__ import annotations

import zipfile
from pathlib import Path

import openpyxl
import pytest
import xlwings as xw
from support import lo_engine
from support.books import CUSTOMERS, write_book
from support.live import Open, answers, asked, contents, said
from support.template import made

from xlportfolio.share_button import share
from xlportfolio.template.workbook import new_workbook


@pytest.fixture
def saved(live: xw.Book, tmp_path: Path) -> Path:
    """What VBA lets Excel save for Python."""
    assert live.name == "customers.xlsx"
    return write_book(tmp_path / "xlportfolio-20260331-1.xlsx")


def ranked(path: Path) -> set[str]:
    rows = openpyxl.load_workbook(path)["Ranking"].iter_rows(values_only=True)
    return {cell for row in rows for cell in row if isinstance(cell, str)}


def test_the_copy_is_where_it_was_asked_for_and_nothing_else_has_changed(
    live: xw.Book, saved: Path, tmp_path: Path
) -> None:
    before, own = contents(live), (tmp_path / "customers.xlsx").read_bytes()
    out = tmp_path / "Für Anna 🎉.xlsx"
    answers(live, "no", "ok")
    share(live, str(saved), "".join(_halves(str(out))))
    assert said(live).startswith(f"Done: {out}. Whoever opens it needs neither Python nor macros.")
    assert "All customers, columns and names of this workbook are in it" in said(live)
    assert {name for _, name, *_ in CUSTOMERS} <= ranked(out)
    assert contents(live) == before
    assert (tmp_path / "customers.xlsx").read_bytes() == own
    assert {path.name for path in tmp_path.glob("[!.]*.xls*")} == {"customers.xlsx", out.name}
    assert live.app.impl.status_bars[-1] is False


def _halves(text: str) -> list[str]:
    """Letters as VBA knows them."""
    data = text.encode("utf-16-le")
    return [data[i : i + 2].decode("utf-16-le", "surrogatepass") for i in range(0, len(data), 2)]


@pytest.mark.parametrize("answer", ["yes", "no"])
def test_scores_go_on_computing_where_that_was_asked_for(
    answer: str, live: xw.Book, saved: Path, tmp_path: Path
) -> None:
    answers(live, answer, "ok")
    out = tmp_path / "out.xlsx"
    share(live, str(saved), str(out))
    assert [one["buttons"] for one in asked(live)] == ["yes_no_cancel"]
    cells = openpyxl.load_workbook(out)["Ranking"].iter_rows(values_only=True)
    formulas = [c for row in cells for c in row if isinstance(c, str) and c.startswith("=")]
    assert bool(formulas) == (answer == "yes")


def test_what_is_worth_knowing_of_the_copy_is_said(
    live: xw.Book, saved: Path, tmp_path: Path
) -> None:
    book = openpyxl.load_workbook(saved)
    book["Customers"]["J1"] = "=KP_SCORE(1,2,3,4)"  # which nobody has computed
    book.save(saved)
    answers(live, "no", "ok")
    share(live, str(saved), str(tmp_path / "out.xlsx"))
    assert "Worth knowing about the copy:\n- " in said(live)
    assert "1 cells with functions that only work with xlportfolio or macros" in said(live)
    assert openpyxl.load_workbook(tmp_path / "out.xlsx")["Customers"]["J1"].value is None


def test_of_a_german_workbook_with_macros_it_speaks_german(opened: Open, tmp_path: Path) -> None:
    book = opened(made(tmp_path, "de"))
    saved = tmp_path / "xlportfolio-20260331-1.xlsm"
    saved.write_bytes(new_workbook("de", with_sample=True, macros=True))
    answers(book, "yes", "ok")
    out = tmp_path / "Kopie.xlsx"
    share(book, str(saved), str(out))
    assert asked(book)[0]["prompt"].startswith("Sollen Punkte, Ränge und Kundentypen in der Kopie")
    assert said(book).startswith(f"Fertig: {out}. Wer die Kopie öffnet, braucht weder Python")
    with zipfile.ZipFile(out) as package:
        assert [n for n in package.namelist() if "vba" in n.lower() or "customUI" in n] == []
    assert not saved.exists()


def test_cancel_makes_no_copy(live: xw.Book, saved: Path, tmp_path: Path) -> None:
    answers(live, "cancel")
    out = tmp_path / "out.xlsx"
    share(live, str(saved), str(out))
    assert len(live.app.impl.alerts) == 1
    assert not out.exists()
    assert not saved.exists()
    assert live.app.impl.status_bars[-1] is False


@pytest.mark.parametrize("answer", ["ok", "cancel"])
def test_a_file_that_is_there_is_replaced_only_if_that_is_wanted(
    answer: str, live: xw.Book, saved: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out.xlsx"
    out.write_bytes(b"mine")
    answers(live, answer, "no", "ok")
    share(live, str(saved), str(out))
    question = asked(live)[0]
    assert question["prompt"] == f"{out} is there already. Replace it?"
    if answer == "ok":
        assert ranked(out)
    else:
        assert out.read_bytes() == b"mine"
        assert len(live.app.impl.alerts) == 1
    assert not saved.exists()


def test_the_workbook_itself_is_never_replaced(live: xw.Book, saved: Path, tmp_path: Path) -> None:
    own = (tmp_path / "customers.xlsx").read_bytes()
    for path in (tmp_path / "customers.xlsx", tmp_path / "." / "customers.xlsm"):
        share(live, str(write_book(saved)), str(path))
        assert said(live).endswith("is the workbook itself; choose another name for the copy.")
        assert not saved.exists()
    assert (tmp_path / "customers.xlsx").read_bytes() == own
    assert asked(live) == []


def test_of_a_workbook_kept_on_the_web_no_file_of_its_name_is_replaced(
    live: xw.Book, saved: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Excel gives its address there, and where the same file lies on the disk nobody knows."""
    address = "https://firma.sharepoint.com/sites/vertrieb/customers.xlsx"
    monkeypatch.setattr(lo_engine.Book, "fullname", property(lambda _: address))
    share(live, str(saved), str(tmp_path / "elsewhere" / "Customers.xlsx"))
    assert said(live).endswith("is the workbook itself; choose another name for the copy.")
    share(live, str(write_book(saved)), "https://firma.sharepoint.com/sites/vertrieb/out.xlsx")
    assert "is an address on the web; choose a folder of this computer" in said(live)
    assert not saved.exists()
    answers(live, "no", "ok")
    share(live, str(write_book(saved)), str(tmp_path / "out.xlsx"))
    assert ranked(tmp_path / "out.xlsx")


@pytest.mark.parametrize(
    ("typed", "written"), [("out", "out.xlsx"), ("out.xlsm", "out.xlsx"), ("v2.0", "v2.0.xlsx")]
)
def test_the_copy_is_a_workbook_without_macros_whatever_was_typed(
    typed: str, written: str, live: xw.Book, saved: Path, tmp_path: Path
) -> None:
    answers(live, "no", "ok")
    share(live, str(saved), str(tmp_path / typed))
    assert ranked(tmp_path / written)
    assert not (tmp_path / typed).exists()


def test_what_stops_it_is_told_of_the_workbook_and_not_of_what_was_saved(
    live: xw.Book, saved: Path, tmp_path: Path
) -> None:
    for content in (b"", b"\xd0\xcf\x11\xe0 as of an old or an encrypted workbook"):
        saved.write_bytes(content)
        share(live, str(saved), str(tmp_path / "out.xlsx"))
        assert said(live).startswith("Nothing has been written:\n\ncustomers.xlsx")
        assert saved.stem not in said(live)
        assert not saved.exists()
    assert not (tmp_path / "out.xlsx").exists()


def test_input_that_cannot_be_scored_stops_it(opened: Open, tmp_path: Path) -> None:
    settings = [("value_threshold", "high")]
    book = opened(write_book(tmp_path / "customers.xlsx"))
    saved = write_book(tmp_path / "saved.xlsx", settings=settings)
    share(book, str(saved), str(tmp_path / "out.xlsx"))
    assert said(book).startswith("Nothing has been written:")
    assert "value_threshold" in said(book)
    assert not saved.exists()
    assert not (tmp_path / "out.xlsx").exists()


def test_a_folder_that_is_not_there_is_named(live: xw.Book, saved: Path, tmp_path: Path) -> None:
    answers(live, "no", "ok")
    share(live, str(saved), str(tmp_path / "nowhere" / "out.xlsx"))
    assert said(live).startswith("Nothing has been written:")
    assert "nowhere" in said(live)
    assert not saved.exists()
