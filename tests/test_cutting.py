"""What is taken out of XML takes with it what is around nothing without it, and no more."""

from __future__ import annotations

import pytest
from lxml import etree

from xlportfolio.files.cutting import cut, take_out

CHOICES = "xmlns:mc='http://schemas.openxmlformats.org/markup-compatibility/2006'"


def left(xml: str, name: str) -> str:
    """What is left of some XML without the first element that has this name."""
    root = etree.fromstring(xml)
    element = next(root.iter(f"{{*}}{name}"))
    take_out(element)
    return etree.tostring(root).decode()


@pytest.mark.parametrize(
    ("xml", "name", "expected"),
    [
        ("<s><hyperlinks><hyperlink/></hyperlinks></s>", "hyperlink", "<s/>"),
        (
            "<s><hyperlinks><hyperlink/><hyperlink r='1'/></hyperlinks></s>",
            "hyperlink",
            '<s><hyperlinks><hyperlink r="1"/></hyperlinks></s>',
        ),
        (
            "<s><dataValidations count='2'><dataValidation/><dataValidation/></dataValidations></s>",
            "dataValidation",
            '<s><dataValidations count="1"><dataValidation/></dataValidations></s>',
        ),
        ("<s><cols><col/></cols></s>", "col", "<s><cols/></s>"),
        (
            "<s><conditionalFormatting><cfRule/><sqref>A1</sqref></conditionalFormatting></s>",
            "cfRule",
            "<s/>",
        ),
        (
            "<s><extLst><ext><sparklineGroups><sparklineGroup><colorSeries/><sparklines><sparkline/>"
            "</sparklines></sparklineGroup></sparklineGroups></ext></extLst></s>",
            "sparkline",
            "<s/>",
        ),
        (
            "<d><twoCellAnchor><from/><grpSp><nvGrpSpPr/><pic/></grpSp></twoCellAnchor></d>",
            "pic",
            "<d/>",
        ),
        (
            "<d><twoCellAnchor><from/><grpSp><nvGrpSpPr/><pic/><sp/></grpSp></twoCellAnchor></d>",
            "pic",
            "<d><twoCellAnchor><from/><grpSp><nvGrpSpPr/><sp/></grpSp></twoCellAnchor></d>",
        ),
        (
            f"<d {CHOICES}><grpSp><pic/><mc:AlternateContent><mc:Choice><sp/></mc:Choice>"
            "</mc:AlternateContent></grpSp></d>",
            "pic",
            f"<d {CHOICES}><grpSp><mc:AlternateContent><mc:Choice><sp/></mc:Choice>".replace(
                "'", '"'
            )
            + "</mc:AlternateContent></grpSp></d>",
        ),
        (
            f"<d {CHOICES}><controls><mc:AlternateContent><mc:Choice><control/></mc:Choice>"
            "<mc:Fallback><control/></mc:Fallback></mc:AlternateContent></controls></d>",
            "control",
            f"<d {CHOICES}/>".replace("'", '"'),
        ),
        ("<d>one<b/>two<c/></d>", "b", "<d>onetwo<c/></d>"),
    ],
)
def test_nothing_hollow_is_left(xml: str, name: str, expected: str) -> None:
    assert left(xml, name) == expected


def test_what_lies_deep_in_a_drawing_goes_with_its_anchor_once() -> None:
    root = etree.fromstring(
        "<d><oneCellAnchor><pic><blipFill><blip r='1'/></blipFill><blip r='2'/></pic></oneCellAnchor>"
        "<oneCellAnchor><sp/></oneCellAnchor></d>"
    )
    for blip in list(root.iter("blip")):
        cut(root, blip)
    assert etree.tostring(root).decode() == "<d><oneCellAnchor><sp/></oneCellAnchor></d>"
