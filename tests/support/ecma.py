"""Rules of ECMA-376 that Excel enforces when it opens a workbook, held against a package's parts.

Nothing of the project's own code is used. The tables give the content models and attributes of
the transitional schemas; what follows them checks what no schema can say.
"""

from __future__ import annotations

import posixpath
import re
from collections import Counter
from collections.abc import Container, Iterable, Iterator
from functools import cache, cached_property
from typing import Any, NamedTuple

from lxml import etree
from openpyxl.formula import Tokenizer
from openpyxl.formula.tokenizer import TokenizerError

from support.packages import faults_of

Token = Any  # openpyxl's, which has no types
Element = Any  # lxml's elements, whose stubs know too many kinds of names
Fault = tuple[str, str]  # the part whose content is at fault ("" for the package), the sentence
Table = tuple[str, Element, "Sheet", "Area"]

OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PREFIXES = {
    "http://schemas.openxmlformats.org/spreadsheetml/2006/main": "s",
    "http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing": "xdr",
    "http://schemas.openxmlformats.org/drawingml/2006/chart": "c",
    "http://schemas.openxmlformats.org/drawingml/2006/main": "a",
    "http://schemas.openxmlformats.org/markup-compatibility/2006": "mc",
    "http://schemas.openxmlformats.org/package/2006/content-types": "ct",
    "http://schemas.openxmlformats.org/package/2006/relationships": "rel",
    "http://schemas.microsoft.com/office/2006/01/customui": "ui",
    "http://schemas.microsoft.com/office/2009/07/customui": "ui14",
    "urn:schemas-microsoft-com:vml": "v",
    "urn:schemas-microsoft-com:office:excel": "x",
    OFFICE: "r",
    "http://www.w3.org/XML/1998/namespace": "xml",
}
NAMESPACES = {prefix: namespace for namespace, prefix in PREFIXES.items()}


def _words(text: str) -> list[str]:
    return text.split()


# -- content models: names have the prefix of their key unless they bring one; ~ is extLst? --------
# Laxer than the schema where Excel is: numFmts may be empty, a scatterChart need have no style,
# and Excel itself writes the extLst of a chart before showDLblsOverMax.

SEQUENCES = r"""
$FILL := (a:noFill|a:solidFill|a:gradFill|a:blipFill|a:pattFill|a:grpFill)?
$EFFECT := (a:effectLst|a:effectDag)?
$COLOUR := (scrgbClr|srgbClr|hslClr|sysClr|schemeClr|prstClr)?
$SHAPE := a:xfrm? (a:custGeom|a:prstGeom)? $FILL a:ln? $EFFECT a:scene3d? a:sp3d? a:extLst?
$TEXT := a:bodyPr a:lstStyle? a:p+
$RUN := ln? $FILL $EFFECT highlight? (uLnTx|uLn)? (uFillTx|uFill)? latin? ea? cs? sym? hlinkClick?
    hlinkMouseOver? rtl? ~
$OBJECT := (sp|grpSp|graphicFrame|cxnSp|pic|contentPart)
$SERIES := idx order tx? spPr?
$LABEL := numFmt? spPr? txPr? dLblPos? showLegendKey? showVal? showCatName? showSerName?
    showPercent? showBubbleSize? separator?
$AXIS := axId scaling delete? axPos majorGridlines? minorGridlines? title? numFmt? majorTickMark?
    minorTickMark? tickLblPos? spPr? txPr? crossAx (crosses|crossesAt)?
$FONT := charset| family| b| i| strike| outline| shadow| condense| extend| color| sz| u|
    vertAlign| scheme
s:worksheet := sheetPr? dimension? sheetViews? sheetFormatPr? cols* sheetData sheetCalcPr?
    sheetProtection? protectedRanges? scenarios? autoFilter? sortState? dataConsolidate?
    customSheetViews? mergeCells? phoneticPr? conditionalFormatting* dataValidations? hyperlinks?
    printOptions? pageMargins? pageSetup? headerFooter? rowBreaks? colBreaks? customProperties?
    cellWatches? ignoredErrors? smartTags? drawing? legacyDrawing? legacyDrawingHF? drawingHF?
    picture? oleObjects? controls? webPublishItems? tableParts? ~
s:chartsheet := sheetPr? sheetViews sheetProtection? customSheetViews? pageMargins? pageSetup?
    headerFooter? drawing legacyDrawing? legacyDrawingHF? drawingHF? picture? webPublishItems? ~
s:workbook := fileVersion? fileSharing? workbookPr? workbookProtection? bookViews? sheets
    functionGroups? externalReferences? definedNames? calcPr? oleSize? customWorkbookViews?
    pivotCaches? smartTagPr? smartTagTypes? webPublishing? fileRecoveryPr* webPublishObjects? ~
s:bookViews := workbookView+ ; s:sheets := sheet+ ; s:definedNames := definedName*
s:externalReferences := externalReference+ ; s:pivotCaches := pivotCache+
s:styleSheet := numFmts? fonts? fills? borders? cellStyleXfs? cellXfs? cellStyles? dxfs?
    tableStyles? colors? ~
s:numFmts := numFmt* ; s:fonts := font* ; s:fills := fill* ; s:borders := border*
s:cellStyleXfs s:cellXfs := xf+ ; s:cellStyles := cellStyle+ ; s:dxfs := dxf*
s:tableStyles := tableStyle* ; s:tableStyle := tableStyleElement*
s:colors := indexedColors? mruColors? ; s:font := (name|$FONT)* ; s:rPr := (rFont|$FONT)*
s:fill := (patternFill|gradientFill) ; s:patternFill := fgColor? bgColor?
s:gradientFill := stop*
s:border := start? end? left? right? top? bottom? diagonal? vertical? horizontal?
s:left s:right s:top s:bottom := color? ; s:xf := alignment? protection? ~ ; s:cellStyle := ~
s:dxf := font? numFmt? fill? alignment? border? protection? ~
s:sheetPr := tabColor? outlinePr? pageSetUpPr?
s:sheetViews := sheetView+ ~
s:sheetView := pane? selection{0,4} pivotSelection{0,4} ~
s:cols := col+ ; s:sheetData := row* ; s:row := c* ~ ; s:c := f? v? is? ~
s:is s:si s:text := t? r* rPh* phoneticPr? ; s:r a:r := rPr? t ; s:sst := si* ~
s:mergeCells := mergeCell+ ; s:protectedRanges := protectedRange+
s:conditionalFormatting := cfRule+ ~
s:cfRule := formula{0,3} colorScale? dataBar? iconSet? ~
s:colorScale := cfvo{2,3} color{2,3} ; s:dataBar := cfvo{2} color ; s:iconSet := cfvo{3,5}
s:dataValidations := dataValidation+ ; s:dataValidation := formula1? formula2?
s:hyperlinks := hyperlink+ ; s:autoFilter := filterColumn* sortState? ~
s:filterColumn := (filters|top10|customFilters|dynamicFilter|colorFilter|iconFilter|extLst)?
s:customFilters := customFilter{1,2} ; s:sortState := sortCondition{0,64} ~
s:headerFooter := oddHeader? oddFooter? evenHeader? evenFooter? firstHeader? firstFooter?
s:rowBreaks s:colBreaks := brk* ; s:ignoredErrors := ignoredError+ ~ ; s:tableParts := tablePart*
s:table := autoFilter? sortState? tableColumns tableStyleInfo? ~
s:tableColumns := tableColumn+
s:tableColumn := calculatedColumnFormula? totalsRowFormula? xmlColumnPr? ~
s:comments := authors commentList ~ ; s:authors := author* ; s:commentList := comment*
s:comment := text commentPr?
s:metadata := metadataTypes? metadataStrings? mdxMetadata? futureMetadata* cellMetadata?
    valueMetadata? ~
s:calcChain := c+ ~
xdr:wsDr := (twoCellAnchor|oneCellAnchor|absoluteAnchor)*
xdr:twoCellAnchor := from to $OBJECT clientData
xdr:oneCellAnchor := from ext $OBJECT clientData
xdr:absoluteAnchor := pos ext $OBJECT clientData
xdr:from xdr:to := col colOff row rowOff ; xdr:sp := nvSpPr spPr style? txBody?
xdr:nvSpPr := cNvPr cNvSpPr ; xdr:cxnSp := nvCxnSpPr spPr style?
xdr:pic := nvPicPr blipFill spPr style? ; xdr:nvPicPr := cNvPr cNvPicPr
xdr:graphicFrame := nvGraphicFramePr xfrm a:graphic
xdr:nvGraphicFramePr := cNvPr cNvGraphicFramePr
xdr:xfrm := a:off? a:ext? ; xdr:spPr c:spPr := $SHAPE ; xdr:txBody c:rich c:txPr := $TEXT
xdr:blipFill := a:blip? a:srcRect? (a:tile|a:stretch)?
a:ln := (noFill|solidFill|gradFill|pattFill)? (prstDash|custDash)? (round|bevel|miter)? headEnd?
    tailEnd? ~
a:solidFill := $COLOUR
a:bodyPr := prstTxWarp? (noAutofit|normAutofit|spAutoFit)? scene3d? (sp3d|flatTx)? ~
a:p := pPr? (r|br|fld)* endParaRPr? ; a:rPr a:defRPr a:endParaRPr := $RUN
c:chartSpace := date1904? lang? roundedCorners? style? clrMapOvr? pivotSource? protection? chart
    spPr? txPr? externalData? printSettings? userShapes? ~
c:chart := title? autoTitleDeleted? pivotFmts? view3D? floor? sideWall? backWall? plotArea legend?
    plotVisOnly? dispBlanksAs? ~ showDLblsOverMax? ~
a:graphicData/c:chart :=
c:plotArea := layout? (areaChart| area3DChart| lineChart| line3DChart| stockChart| radarChart|
    scatterChart| pieChart| pie3DChart| doughnutChart| barChart| bar3DChart| ofPieChart|
    surfaceChart| surface3DChart| bubbleChart)+ (valAx| catAx| dateAx| serAx)* dTable? spPr? ~
c:title := tx? layout? overlay? spPr? txPr? ~
c:tx := (strRef|rich) ; c:ser/c:tx := (strRef|v) ; c:layout := manualLayout? ~
c:manualLayout := layoutTarget? xMode? yMode? wMode? hMode? x? y? w? h? ~
c:legend := legendPos? legendEntry* layout? overlay? spPr? txPr? ~
c:legendEntry := idx (delete|txPr)? ~
c:scatterChart := scatterStyle? varyColors? ser* dLbls? axId{2} ~
c:bubbleChart := varyColors? ser* dLbls? bubble3D? bubbleScale? showNegBubbles? sizeRepresents?
    axId{2} ~
c:barChart := barDir grouping? varyColors? ser* dLbls? gapWidth? overlap? serLines* axId{2} ~
c:lineChart := grouping varyColors? ser* dLbls? dropLines? hiLowLines? upDownBars? marker? smooth?
    axId{2} ~
c:areaChart := grouping? varyColors? ser* dLbls? dropLines? axId{2} ~
c:radarChart := radarStyle varyColors? ser* dLbls? axId{2} ~
c:pieChart := varyColors? ser* dLbls? firstSliceAng? ~
c:doughnutChart := varyColors? ser* dLbls? firstSliceAng? holeSize? ~
c:scatterChart/c:ser := $SERIES marker? dPt* dLbls? trendline* errBars{0,2} xVal? yVal? smooth? ~
c:bubbleChart/c:ser := $SERIES invertIfNegative? dPt* dLbls? trendline* errBars{0,2} xVal? yVal?
    bubbleSize? bubble3D? ~
c:barChart/c:ser := $SERIES invertIfNegative? pictureOptions? dPt* dLbls? trendline* errBars? cat?
    val? shape? ~
c:lineChart/c:ser := $SERIES marker? dPt* dLbls? trendline* errBars? cat? val? smooth? ~
c:areaChart/c:ser := $SERIES pictureOptions? dPt* dLbls? trendline* errBars{0,2} cat? val? ~
c:radarChart/c:ser := $SERIES marker? dPt* dLbls? cat? val? ~
c:pieChart/c:ser c:doughnutChart/c:ser := $SERIES explosion? dPt* dLbls? cat? val? ~
c:dPt := idx invertIfNegative? marker? bubble3D? explosion? spPr? pictureOptions? ~
c:dLbls := dLbl* (delete|$LABEL showLeaderLines? leaderLines?) ~
c:dLbl := idx (delete|layout? tx? $LABEL) ~ ; c:marker := symbol? size? spPr? ~
c:trendline := name? spPr? trendlineType order? period? forward? backward? intercept? dispRSqr?
    dispEq? trendlineLbl? ~
c:errBars := errDir? errBarType errValType noEndCap? plus? minus? val? spPr? ~
c:xVal c:cat := (multiLvlStrRef|numRef|numLit|strRef|strLit)
c:yVal c:ser/c:val c:bubbleSize := (numRef|numLit)
c:numRef := f numCache? ~ ; c:strRef := f strCache? ~
c:numCache c:numLit := formatCode? ptCount? pt* ~
c:strCache c:strLit := ptCount? pt* ~ ; c:pt := v
c:valAx := $AXIS crossBetween? majorUnit? minorUnit? dispUnits? ~
c:catAx := $AXIS auto? lblAlgn? lblOffset? tickLblSkip? tickMarkSkip? noMultiLvlLbl? ~
c:dateAx := $AXIS auto? lblOffset? baseTimeUnit? majorUnit? majorTimeUnit? minorUnit?
    minorTimeUnit? ~
c:scaling := logBase? orientation? max? min? ~
ui:customUI := commands? ribbon?
ui:ribbon := officeMenu? qat? tabs? contextualTabs?
ui14:customUI := commands? ribbon? backstage? contextMenus?
ct:Types := (Default|Override)* ; rel:Relationships := Relationship*
"""

# -- attributes: ! is required; kinds go by the name unless "=" gives another ----------------------

BOOLEANS = _words("""hidden collapsed customHeight customFormat customWidth bestFit phonetic showFormulas
    showGridLines showRowColHeaders showZeros rightToLeft tabSelected showRuler
    showOutlineSymbols defaultGridColor showWhiteSpace windowProtection zeroHeight thickTop
    thickBottom thickBot ph ca aca bx dt2D dtr del1 del2 stopIfTrue percent bottom
    equalAverage aboveAverage gte showValue reverse allowBlank showDropDown showInputMessage
    showErrorMessage disablePrompts hiddenButton showButton quotePrefix pivotButton
    applyNumberFormat applyFont applyFill applyBorder applyAlignment applyProtection wrapText
    justifyLastLine shrinkToFit locked customBuiltin headings gridLines gridLinesSet
    horizontalCentered verticalCentered fitToPage autoPageBreaks differentOddEven
    differentFirst scaleWithDoc alignWithMargins showFirstColumn showLastColumn showRowStripes
    showColumnStripes diagonalUp diagonalDown outline summaryBelow summaryRight applyStyles
    function vbProcedure xlm date1904 fullCalcOnLoad iterate fullPrecision calcCompleted
    calcOnSave concurrentCalc forceFullCalc minimized showHorizontalScroll showVerticalScroll
    showSheetTabs autoFilterDateGrouping auto published filterMode pivot columnSort
    caseSensitive descending filterPrivacy blackAndWhite draft useFirstPageNumber
    usePrinterDefaults man pt sheet objects scenarios formatCells formatColumns formatRows
    insertColumns insertRows insertHyperlinks deleteColumns deleteRows selectLockedCells sort
    autoFilter pivotTables selectUnlockedCells insertRow totalsRowShown""")
NATURALS = _words("""count uniqueCount s style si cm vm dxfId numFmtId fontId fillId borderId xfId colId
    authorId workbookViewId activeCellId baseColWidth indexed theme rank minLength maxLength
    builtinId fitToWidth fitToHeight paperSize scale copies firstSheet activeTab tabRatio
    localSheetId headerRowDxfId dataDxfId totalsRowDxfId headerRowBorderDxfId tableBorderDxfId
    totalsRowBorderDxfId totalsRowCount zoomScale zoomScaleNormal calcId iterateCount indent""")
NUMBER = r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?"
NUMBERS = _words("top left right bottom header footer ht width tint xSplit ySplit defaultRowHeight")
KIND_OF = (
    dict.fromkeys(BOOLEANS, "bool")
    | dict.fromkeys(NATURALS, "uint")
    | dict.fromkeys(NUMBERS, "number")
    | {"ref": "ref", "sqref": "sqref", "rgb": "[0-9A-Fa-f]{8}", "outlineLevel": "[0-7]"}
    | {"topLeftCell": "cell", "activeCell": "cell", "r1": "cell", "r2": "cell"}
    | dict.fromkeys(("min", "max", "sheetId"), "positive")
)
KINDS = {"bool": "0|1|true|false", "uint": r"\d+", "positive": r"0*[1-9]\d*", "number": NUMBER}
DECLARATIONS = r"""
$COLOURS := auto indexed rgb theme tint
$PANE := bottomRight|topRight|bottomLeft|topLeft
$OPERATOR := between| notBetween| equal| notEqual| lessThan| lessThanOrEqual| greaterThan|
    greaterThanOrEqual
$LINE := none| thin| medium| dashed| dotted| thick| double| hair| mediumDashed| dashDot|
    mediumDashDot| dashDotDot| mediumDashDotDot| slantDashDot
$PATTERN := none| solid| mediumGray| darkGray| lightGray| darkHorizontal| darkVertical| darkDown|
    darkUp| darkGrid| darkTrellis| lightHorizontal| lightVertical| lightDown| lightUp| lightGrid|
    lightTrellis| gray125| gray0625
$RULE := expression| cellIs| colorScale| dataBar| iconSet| top10| uniqueValues| duplicateValues|
    containsText| notContainsText| beginsWith| endsWith| containsBlanks| notContainsBlanks|
    containsErrors| notContainsErrors| timePeriod| aboveAverage
$ICONS := 3Arrows| 3ArrowsGray| 3Flags| 3TrafficLights1| 3TrafficLights2| 3Signs| 3Symbols|
    3Symbols2| 4Arrows| 4ArrowsGray| 4RedToBlack| 4Rating| 4TrafficLights| 5Arrows| 5ArrowsGray|
    5Rating| 5Quarters
$CELLSTYLES := headerRowCellStyle dataCellStyle totalsRowCellStyle
$DXFS := headerRowDxfId dataDxfId totalsRowDxfId
s:row := r=positive spans=[0-9:\s]+ s customFormat ht hidden customHeight outlineLevel collapsed
    thickTop thickBot ph
s:sheetData/s:row/s:c := r=cell s t=b|d|e|inlineStr|n|s|str cm vm ph
s:f := t=normal|array|dataTable|shared aca ref dt2D dtr del1 del2 r1 r2 ca si bx
s:col := min! max! width style hidden bestFit customWidth phonetic outlineLevel collapsed
s:sheet := name! sheetId! state=visible|hidden|veryHidden r:id!
s:workbookView := visibility=visible|hidden|veryHidden minimized showHorizontalScroll
    showVerticalScroll showSheetTabs xWindow yWindow windowWidth windowHeight tabRatio firstSheet
    activeTab autoFilterDateGrouping
s:workbookPr := date1904 showObjects showBorderUnselectedTables filterPrivacy promptedSolutions
    showInkAnnotation backupFile saveExternalLinkValues updateLinks codeName hidePivotFieldList
    showPivotChartFilter allowRefreshQuery publishItems checkCompatibility autoCompressPictures
    refreshAllConnections defaultThemeVersion dateCompatibility
s:calcPr := calcId calcMode=manual|auto|autoNoTable fullCalcOnLoad refMode=A1|R1C1 iterate
    iterateCount iterateDelta=number fullPrecision calcCompleted calcOnSave concurrentCalc
    concurrentManualCount forceFullCalc
s:definedName := name! comment customMenu description help statusBar localSheetId hidden function
    vbProcedure xlm functionGroupId shortcutKey publishToServer workbookParameter
s:sheetPr := syncHorizontal syncVertical syncRef transitionEvaluation transitionEntry published
    codeName filterMode enableFormatConditionsCalculation
s:pageSetUpPr := autoPageBreaks fitToPage
s:outlinePr := applyStyles summaryBelow summaryRight showOutlineSymbols
s:dimension s:mergeCell := ref!
s:sheetView := windowProtection showFormulas showGridLines showRowColHeaders showZeros rightToLeft
    tabSelected showRuler showOutlineSymbols defaultGridColor showWhiteSpace
    view=normal|pageBreakPreview|pageLayout topLeftCell colorId zoomScale zoomScaleNormal
    zoomScaleSheetLayoutView zoomScalePageLayoutView workbookViewId! zoomToFit
s:pane := xSplit ySplit topLeftCell activePane=$PANE state=split|frozen|frozenSplit
s:selection := pane=$PANE activeCell activeCellId sqref
s:sheetFormatPr := baseColWidth defaultColWidth=number defaultRowHeight! customHeight zeroHeight
    thickTop thickBottom outlineLevelRow=[0-7] outlineLevelCol=[0-7]
s:sheetProtection := password algorithmName hashValue saltValue spinCount sheet objects scenarios
    formatCells formatColumns formatRows insertColumns insertRows insertHyperlinks deleteColumns
    deleteRows selectLockedCells sort autoFilter pivotTables selectUnlockedCells
s:mergeCells s:tableParts s:tableColumns := count
s:hyperlink := ref! location tooltip display r:id
s:conditionalFormatting := pivot sqref!
s:cfRule := type!=$RULE dxfId priority!=positive stopIfTrue aboveAverage percent bottom
    operator=$OPERATOR|containsText|notContains|beginsWith|endsWith text timePeriod rank
    stdDev=\d+ equalAverage
s:cfvo := type!=num|percent|max|min|formula|percentile val gte
s:dataBar := minLength maxLength showValue
s:iconSet := iconSet=$ICONS showValue percent reverse
s:dataValidations := disablePrompts xWindow yWindow count
s:dataValidation := type=none|whole|decimal|list|date|time|textLength|custom
    errorStyle=stop|warning|information imeMode operator=$OPERATOR allowBlank showDropDown
    showInputMessage showErrorMessage errorTitle error promptTitle prompt sqref!
s:autoFilter := ref
s:filterColumn := colId! hiddenButton showButton
s:sortState := columnSort caseSensitive sortMethod ref!
s:printOptions := horizontalCentered verticalCentered headings gridLines gridLinesSet
s:pageMargins := left! right! top! bottom! header! footer!
s:pageSetup := paperSize paperHeight paperWidth scale=[1-9]\d|[1-3]\d\d|400 firstPageNumber=-?\d+
    fitToWidth fitToHeight pageOrder=downThenOver|overThenDown
    orientation=default|portrait|landscape usePrinterDefaults blackAndWhite draft
    cellComments=none|asDisplayed|atEnd useFirstPageNumber errors=displayed|blank|dash|NA
    horizontalDpi verticalDpi copies r:id
s:headerFooter := differentOddEven differentFirst scaleWithDoc alignWithMargins
s:drawing s:legacyDrawing s:tablePart a:graphicData/c:chart := r:id!
s:table := id!=positive name displayName! comment ref! tableType=worksheet|xml|queryTable
    headerRowCount=[01] insertRow insertRowShift totalsRowCount totalsRowShown published $DXFS
    headerRowBorderDxfId tableBorderDxfId totalsRowBorderDxfId $CELLSTYLES connectionId
s:tableColumn := id!=positive uniqueName name!
    totalsRowFunction=none|sum|min|max|average|count|countNums|stdDev|var|custom totalsRowLabel
    queryTableFieldId $DXFS $CELLSTYLES
s:tableStyleInfo := name showFirstColumn showLastColumn showRowStripes showColumnStripes
s:numFmt := numFmtId! formatCode!
s:xf := numFmtId fontId fillId borderId xfId quotePrefix pivotButton applyNumberFormat applyFont
    applyFill applyBorder applyAlignment applyProtection
s:alignment := horizontal=general|left|center|right|fill|justify|centerContinuous|distributed
    vertical=top|center|bottom|justify|distributed textRotation=\d{1,2}|1[0-7]\d|180|255 wrapText
    indent relativeIndent justifyLastLine shrinkToFit readingOrder=[012]
s:protection := locked hidden
s:cellStyle := name xfId! builtinId iLevel hidden customBuiltin
s:border := diagonalUp diagonalDown outline ; s:patternFill := patternType=$PATTERN
s:comment := ref!=cell authorId! guid shapeId
s:brk := id=uint min=uint max=uint man pt
s:color s:tabColor s:fgColor s:bgColor := $COLOURS
s:left s:right s:top s:bottom s:diagonal := style=$LINE
s:sz := val!=number ; s:family := val!=\d{1,2} ; s:name s:rFont := val!
s:scheme := val!=none|major|minor ; s:vertAlign := val!=baseline|superscript|subscript
s:b s:i s:strike s:outline s:shadow := val=bool
xdr:cNvPr := id!=uint name! descr hidden title
xdr:twoCellAnchor := editAs=twoCell|oneCell|absolute
xdr:oneCellAnchor := ; xdr:graphicFrame := macro fPublished=bool
a:graphicData := uri! ; a:srgbClr := val!=[0-9A-Fa-f]{6}
c:symbol := val!=circle|dash|diamond|dot|none|picture|plus|square|star|triangle|x|auto
c:size := val=[2-9]|[1-6]\d|7[0-2]
c:scatterStyle := val!=none|line|lineMarker|marker|smooth|smoothMarker
c:barDir := val=bar|col
c:grouping := val=percentStacked|standard|stacked|clustered
c:gapWidth := val=\d{1,2}|[1-4]\d\d|500 ; c:overlap := val=-?\d{1,2}|-?100
c:bubbleScale := val=\d{1,2}|[12]\d\d|300 ; c:legendPos := val=b|tr|l|r|t
c:axPos := val!=b|l|r|t ; c:orientation := val=maxMin|minMax ; c:dispBlanksAs := val=span|gap|zero
c:crosses := val!=autoZero|max|min ; c:crossBetween := val!=between|midCat
c:tickLblPos := val=high|low|nextTo|none
c:majorTickMark c:minorTickMark := val=cross|in|none|out
c:layoutTarget := val=inner|outer
c:idx c:order c:axId c:crossAx c:ptCount := val!=uint
c:delete c:overlay c:smooth c:varyColors c:auto c:showVal c:showSerName c:showLegendKey :=
    val=bool
c:x c:y c:w c:h c:max c:min c:majorUnit c:minorUnit c:crossesAt := val!=number
c:numFmt := formatCode! sourceLinked=bool ; c:pt := idx!=uint formatCode
ct:Default := Extension! ContentType! ; ct:Override := PartName!=/.+ ContentType!
rel:Relationship := Id! Type! Target! TargetMode=External|Internal
"""


def _table(text: str) -> dict[str, str]:
    """A table by its keys, what it calls $NAME put in."""
    names: dict[str, str] = {}
    for entry in re.split(r"\n| ; ", re.sub(r"\|\s+", "|", re.sub(r"\n +", " ", text.strip()))):
        keys, _, value = entry.partition(" :=")
        for name in re.findall(r"\$[A-Z]+", value):
            value = value.replace(name, names[name])
        names |= dict.fromkeys(keys.split(), value.strip())
    return names


MODELS, ATTRIBUTES = _table(SEQUENCES), _table(DECLARATIONS)

# -- other facts ------------------------------------------------------------------------------------

DOCUMENT = "application/vnd.openxmlformats-officedocument."
CONTENT_TYPES = {  # of the target, by the last word of a relationship's type
    **{
        kind: f"{DOCUMENT}spreadsheetml.{kind}+xml"
        for kind in _words(
            """worksheet chartsheet table styles sharedStrings comments sheetMetadata calcChain pivotTable
    pivotCacheDefinition externalLink queryTable"""
        )
    },
    "chart": f"{DOCUMENT}drawingml.chart+xml",
    "drawing": f"{DOCUMENT}drawing+xml",
    "theme": f"{DOCUMENT}theme+xml",
    "vmlDrawing": f"{DOCUMENT}vmlDrawing",
    "printerSettings": f"{DOCUMENT}spreadsheetml.printerSettings",
    "vbaProject": "application/vnd.ms-office.vbaProject",
    "core-properties": "application/vnd.openxmlformats-package.core-properties+xml",
    "extended-properties": f"{DOCUMENT}extended-properties+xml",
}
RELATIONSHIPS = "application/vnd.openxmlformats-package.relationships+xml"
PLAIN_BOOKS = {f"{DOCUMENT}spreadsheetml.{kind}.main+xml" for kind in ("sheet", "template")}
MACRO_BOOKS = {
    f"application/vnd.ms-excel.{kind}.macroEnabled.main+xml"
    for kind in ("sheet", "template", "addin")
}
RELATED = {  # the kinds of relationship that an element's r:id may name
    "s:sheet": "worksheet chartsheet dialogsheet xlMacrosheet xlIntlMacrosheet",
    "s:drawing": "drawing",
    "s:legacyDrawing": "vmlDrawing",
    "s:legacyDrawingHF": "vmlDrawing",
    "s:tablePart": "table",
    "s:hyperlink": "hyperlink",
    "s:pageSetup": "printerSettings",
    "s:picture": "image",
    "s:pivotCache": "pivotCacheDefinition",
    "s:externalReference": "externalLink externalLinkPath",
    "s:oleObject": "oleObject package",
    "c:chart": "chart",
    "c:userShapes": "chartUserShapes",
    "a:blip": "image",
}
ERRORS = {"#NULL!", "#DIV/0!", "#VALUE!", "#REF!", "#NAME?", "#NUM!", "#N/A", "#GETTING_DATA"}
ERRORS |= set(_words("#SPILL! #CALC! #FIELD! #BLOCKED! #CONNECT! #UNKNOWN! #BUSY! #PYTHON!"))
NEWER = set(
    _words(
        """ACOT ACOTH ANCHORARRAY ARABIC ARRAYTOTEXT BASE BETA.DIST BETA.INV BINOM.DIST
    BINOM.DIST.RANGE BINOM.INV BITAND BITLSHIFT BITOR BITRSHIFT BITXOR BYCOL BYROW CEILING.MATH
    CEILING.PRECISE CHISQ.DIST CHISQ.DIST.RT CHISQ.INV CHISQ.INV.RT CHISQ.TEST CHOOSECOLS
    CHOOSEROWS COMBINA CONCAT CONFIDENCE.NORM CONFIDENCE.T COT COTH COVARIANCE.P COVARIANCE.S
    CSC CSCH DAYS DECIMAL DROP ENCODEURL ERF.PRECISE ERFC.PRECISE EXPAND EXPON.DIST F.DIST
    F.DIST.RT F.INV F.INV.RT F.TEST FILTER FILTERXML FLOOR.MATH FLOOR.PRECISE FORECAST.ETS
    FORECAST.LINEAR FORMULATEXT GAMMA GAMMA.DIST GAMMA.INV GAMMALN.PRECISE GAUSS GROUPBY HSTACK
    HYPGEOM.DIST IFNA IFS ISFORMULA ISOMITTED ISOWEEKNUM LAMBDA LET LOGNORM.DIST LOGNORM.INV
    MAKEARRAY MAP MAXIFS MINIFS MODE.MULT MODE.SNGL MUNIT NEGBINOM.DIST NORM.DIST NORM.INV
    NORM.S.DIST NORM.S.INV NUMBERVALUE PDURATION PERCENTILE.EXC PERCENTILE.INC PERCENTRANK.EXC
    PERCENTRANK.INC PERMUTATIONA PHI PIVOTBY POISSON.DIST QUARTILE.EXC QUARTILE.INC RANDARRAY
    RANK.AVG RANK.EQ REDUCE REGEXEXTRACT REGEXREPLACE REGEXTEST RRI SCAN SEC SECH SEQUENCE SHEET
    SHEETS SINGLE SKEW.P SORT SORTBY STDEV.P STDEV.S SWITCH T.DIST T.DIST.2T T.DIST.RT T.INV
    T.INV.2T T.TEST TAKE TEXTAFTER TEXTBEFORE TEXTJOIN TEXTSPLIT TOCOL TOROW TRIMRANGE UNICHAR
    UNICODE UNIQUE VALUETOTEXT VAR.P VAR.S VSTACK WEBSERVICE WEIBULL.DIST WRAPCOLS WRAPROWS
    XLOOKUP XMATCH XOR Z.TEST"""
    )
)
ARITIES = {  # how few and how many arguments; Excel does not read a formula with others
    name: (int(low), int(high))
    for name, low, high in re.findall(
        r"(\S+) (\d+)-(\d+)",
        "ABS 1-1 AND 1-255 AVERAGE 1-255 AVERAGEIF 2-3 AVERAGEIFS 3-255 COLUMN 0-1 COUNT 1-255 "
        "COUNTA 1-255 COUNTBLANK 1-1 COUNTIF 2-2 COUNTIFS 2-254 DATE 3-3 FIND 2-3 HLOOKUP 3-4 "
        "HYPERLINK 1-2 IF 2-3 IFERROR 2-2 INDEX 2-4 INDIRECT 1-2 INT 1-1 ISBLANK 1-1 ISERROR 1-1 "
        "ISNUMBER 1-1 ISTEXT 1-1 LARGE 2-2 LEFT 1-2 LEN 1-1 LOOKUP 2-3 LOWER 1-1 MATCH 2-3 "
        "MAX 1-255 MEDIAN 1-255 MID 3-3 MIN 1-255 MOD 2-2 NA 0-0 NOT 1-1 OFFSET 3-5 OR 1-255 "
        "PERCENTILE 2-2 POWER 2-2 RANK 2-3 REPT 2-2 RIGHT 1-2 ROUND 2-2 ROW 0-1 ROWS 1-1 "
        "SEARCH 2-3 SMALL 2-2 SQRT 1-1 SUBSTITUTE 3-4 SUBTOTAL 2-255 SUM 1-255 SUMIF 2-3 "
        "SUMIFS 3-255 SUMPRODUCT 1-255 TEXT 2-2 TODAY 0-0 TRIM 1-1 UPPER 1-1 VALUE 1-1 "
        "VLOOKUP 3-4 FILTER 2-3 IFNA 2-2 IFS 2-254 MAXIFS 3-255 MINIFS 3-255 PERCENTRANK.INC 2-3 "
        "PERCENTILE.INC 2-2 RANK.EQ 2-3 SEQUENCE 1-4 SORT 1-4 SORTBY 2-255 SWITCH 3-255 TAKE 2-3 "
        "TEXTJOIN 3-255 UNIQUE 1-3 XLOOKUP 3-6 XMATCH 2-4",
    )
}
RULE_NEEDS = {  # children, and attributes after an @
    "expression": "formula",
    "cellIs": "formula @operator",
    "colorScale": "colorScale",
    "dataBar": "dataBar",
    "iconSet": "iconSet",
    "top10": "@rank",
    "containsText": "formula @operator @text",
    "beginsWith": "formula @operator @text",
    "endsWith": "formula @operator @text",
    "timePeriod": "@timePeriod formula",
}
LABEL_PLACES = {
    "scatterChart": "b ctr l r t",
    "bubbleChart": "b ctr l r t",
    "lineChart": "b ctr l r t",
    "pieChart": "bestFit ctr inEnd outEnd",
    "barChart": "ctr inBase inEnd outEnd",
}
NO_CONTROLS = set(
    _words(
        """customUI commands ribbon qat sharedControls documentControls tabs contextualTabs officeMenu
    dialogBoxLauncher contextMenus"""
    )
)
TEXT_LENGTHS = {
    "s:dataValidation": {"promptTitle": 32, "errorTitle": 32, "prompt": 255, "error": 255},
    "s:hyperlink": {"tooltip": 255, "location": 2084},
    "s:numFmt": {"formatCode": 255},
    "s:table": {"displayName": 255},
    "s:tableColumn": {"name": 255},
}


# -- small tools ------------------------------------------------------------------------------------


class Area(NamedTuple):
    """A rectangle of cells."""

    left: int
    top: int
    right: int
    bottom: int

    def __str__(self) -> str:
        columns = []
        for number in (self.left, self.right):
            letters, rest = "", number
            while rest > 0:
                rest, letter = divmod(rest - 1, 26)
                letters = chr(65 + letter) + letters
            columns.append(letters)
        return f"{columns[0]}{self.top}:{columns[1]}{self.bottom}"

    def holds(self, other: Area) -> bool:
        """Whether the other lies in this one."""
        return self.meets(other) and self == (
            min(self.left, other.left),
            min(self.top, other.top),
            max(self.right, other.right),
            max(self.bottom, other.bottom),
        )

    def meets(self, other: Area) -> bool:
        """Whether they share a cell."""
        return (
            self.left <= other.right
            and other.left <= self.right
            and self.top <= other.bottom
            and other.top <= self.bottom
        )


class Relation(NamedTuple):
    """A relationship, its type cut to the last word."""

    kind: str
    target: str
    external: bool


class Sheet(NamedTuple):
    """A sheet as the workbook lists it, with its part."""

    name: str
    number: str
    state: str
    part: str


def _key(element: Element) -> str:
    """An element's name with the prefix that the tables use."""
    name = etree.QName(element)
    return f"{PREFIXES.get(name.namespace, '?')}:{name.localname}"


def _local(element: Element) -> str:
    return etree.QName(element).localname


def _all(root: Element, name: str) -> Iterator[Element]:
    """The elements of a name in the main tables' spelling, outside extensions."""
    prefix, _, local = name.partition(":")
    for element in root.iter(f"{{{NAMESPACES[prefix]}}}{local}"):
        if not any(_local(e) in ("extLst", "Fallback") for e in element.iterancestors()):
            yield element


def _child(element: Element, name: str) -> Element | None:
    return element.find(f"{{{etree.QName(element).namespace}}}{name}")


@cache
def _area(text: str) -> Area | None:
    """The rectangle of an address as attributes write it; columns and rows may stand alone."""
    match = re.fullmatch(r"([A-Z]{1,3})?(\d{1,7})?(?::([A-Z]{1,3})?(\d{1,7})?)?", text)
    if not match:
        return None
    column, row, last_column, last_row = match.groups()
    if ":" not in text:
        if not column or not row:
            return None
        last_column, last_row = column, row
    if bool(column) != bool(last_column) or bool(row) != bool(last_row):
        return None
    area = Area(
        _column(column) if column else 1,
        int(row) if row else 1,
        _column(last_column) if last_column else 16384,
        int(last_row) if last_row else 1048576,
    )
    in_order = 1 <= area.left <= area.right <= 16384 and 1 <= area.top <= area.bottom <= 1048576
    return area if in_order and (column or row) else None


def _column(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number


def _areas(text: str | None) -> list[Area]:
    return [area for word in (text or "").split() if (area := _area(word))]


def _natural(text: str | None) -> int:
    """A count or an index, or -1 for what is none."""
    return int(text) if text and re.fullmatch(r"\d{1,10}", text) else -1


def _plain(text: str) -> str:
    """Text without the escapes that SpreadsheetML has for characters."""
    return re.sub(r"_x([0-9A-Fa-f]{4})_", lambda match: chr(int(match[1], 16)), text)


def _text(rich: Element) -> str:
    """The text of a string item: its own and its runs', not the phonetic."""
    own = [e for e in rich if isinstance(e.tag, str) and _local(e) == "t"]
    runs = [_child(e, "t") for e in rich if isinstance(e.tag, str) and _local(e) == "r"]
    return _plain("".join(e.text or "" for e in [*own, *runs] if e is not None))


def _twice(values: Iterable[str | None]) -> list[str]:
    """What is given more than once, regardless of case."""
    counts = Counter(value.lower() for value in values if value is not None)
    return sorted(value for value, count in counts.items() if count > 1)


def _overlaps(areas: list[Area]) -> Iterator[tuple[Area, Area]]:
    """The pairs that share cells."""
    ordered = sorted(areas, key=lambda area: area.top)
    for i, area in enumerate(ordered):
        for other in ordered[i + 1 :]:
            if other.top > area.bottom:
                break
            if area.meets(other):
                yield area, other


# -- the package ------------------------------------------------------------------------------------


class Book:
    """The parts of a package, parsed, and what several rules ask of them."""

    def __init__(self, parts: dict[str, bytes]) -> None:
        self.parts = parts
        self.roots: dict[str, Element] = {}
        self.malformed: list[str] = []
        for name, data in parts.items():
            if name.lower().endswith((".xml", ".rels", ".vml")):
                self._parse(name, data)

    def _parse(self, name: str, data: bytes) -> None:
        try:
            root = etree.fromstring(data, etree.XMLParser(resolve_entities=False, huge_tree=True))
        except etree.XMLSyntaxError as error:
            self.malformed.append(f"{name} is not well-formed: {error}")
        else:
            self.roots[name] = root
            if root.getroottree().docinfo.doctype:
                self.malformed.append(f"{name} has a document type declaration")

    def content(self, name: str) -> Iterator[tuple[str, Element]]:
        """The parts whose root has this name."""
        yield from ((part, root) for part, root in self.roots.items() if _key(root) == name)

    @cached_property
    def relations(self) -> dict[str, dict[str, Relation]]:
        """The relationships of each part by their ids."""
        found: dict[str, dict[str, Relation]] = {}
        for name, root in self.content("rel:Relationships"):
            folder = posixpath.dirname(posixpath.dirname(name))
            source = posixpath.join(folder, posixpath.basename(name).removesuffix(".rels"))
            mine = found.setdefault(source, {})
            for e in root:
                target = posixpath.normpath(posixpath.join("/", folder, e.get("Target", "")))
                kind = e.get("Type", "").rpartition("/")[2]
                is_external = e.get("TargetMode") == "External"
                target = e.get("Target", "") if is_external else target.lstrip("/")
                mine[e.get("Id", "")] = Relation(kind, target, is_external)
        return found

    def target(self, part: str, element: Element) -> str:
        """The part that an element's r:id names, or none."""
        relation = self.relations.get(part, {}).get(element.get(f"{{{OFFICE}}}id"))
        return relation.target if relation else ""

    def related(self, part: str, kind: str) -> list[str]:
        """The parts that a part relates to in one way."""
        return [r.target for r in self.relations.get(part, {}).values() if r.kind == kind]

    def type_of(self, part: str) -> str | None:
        """The content type of a part."""
        extension = part.rpartition(".")[2].lower()
        kind = None
        for e in self.roots["[Content_Types].xml"]:
            if (e.get("PartName") or "").lstrip("/").lower() == part.lower():
                return e.get("ContentType")
            if (e.get("Extension") or "").lower() == extension:
                kind = e.get("ContentType")
        return kind

    @cached_property
    def workbook(self) -> Element:
        """The workbook's root."""
        return self.roots["xl/workbook.xml"]

    @cached_property
    def sheets(self) -> list[Sheet]:
        """The sheets in their order."""
        return [
            Sheet(
                e.get("name", ""),
                e.get("sheetId", ""),
                e.get("state", "visible"),
                self.target("xl/workbook.xml", e),
            )
            for e in _all(self.workbook, "s:sheet")
        ]

    @cached_property
    def sheet_names(self) -> set[str]:
        """The names of the sheets in lower case."""
        return {sheet.name.lower() for sheet in self.sheets}

    @cached_property
    def tables(self) -> list[Table]:
        """The tables of the sheets: part, root, sheet and area."""
        return [
            (part, self.roots[part], sheet, area)
            for sheet in self.sheets
            for part in self.related(sheet.part, "table")
            if part in self.roots
            and _key(self.roots[part]) == "s:table"
            and (area := _area(self.roots[part].get("ref", "")))
        ]

    @cached_property
    def columns(self) -> dict[str, set[str]]:
        """The columns of each table, all in lower case."""
        return {
            root.get("displayName", "").lower(): {
                _plain(e.get("name", "")).lower() for e in _all(root, "s:tableColumn")
            }
            for _, root, _, _ in self.tables
        }

    @cached_property
    def styles(self) -> dict[str, int]:
        """How many entries each section of the style sheet has."""
        root = self.roots.get("xl/styles.xml", ())
        return {_local(section): len(section) for section in root}

    @cached_property
    def strings(self) -> list[str]:
        """The shared strings."""
        root = self.roots.get("xl/sharedStrings.xml")
        return [] if root is None else [_text(e) for e in root if _key(e) == "s:si"]

    @cached_property
    def metadata(self) -> dict[str, int]:
        """How many records there are for cm and vm."""
        root = self.roots.get("xl/metadata.xml")
        sections = {} if root is None else {_local(e): len(e) for e in root}
        return {"cm": sections.get("cellMetadata", 0), "vm": sections.get("valueMetadata", 0)}

    def cells(self, part: str) -> dict[str, Element]:
        """The cells of a sheet by their addresses."""
        root = self.roots.get(part)
        if root is None or _key(root) != "s:worksheet":
            return {}
        return {e.get("r"): e for e in _all(root, "s:c")}

    def cell_text(self, cell: Element) -> str | None:
        """The text that a cell holds as a constant, or none."""
        value, inline = _child(cell, "v"), _child(cell, "is")
        if cell.get("t") == "inlineStr" and inline is not None:
            return _text(inline)
        if value is None or _child(cell, "f") is not None:
            return None
        if cell.get("t") == "s":
            index = _natural(value.text)
            return self.strings[index] if 0 <= index < len(self.strings) else None
        return _plain(value.text or "") if cell.get("t") == "str" else None


# -- schemas ----------------------------------------------------------------------------------------


@cache
def _model(key: str) -> re.Pattern[str] | None:
    """A content model as a pattern over the children's names, each with a semicolon."""
    if key not in MODELS:
        return None
    prefix = key.rpartition("/")[2].partition(":")[0]

    def name(match: re.Match[str]) -> str:
        return f"(?:{match[0] if ':' in match[0] else f'{prefix}:{match[0]}'};)"

    pattern = re.sub(r"[A-Za-z][\w.]*(?::\w+)?", name, MODELS[key].replace("~", "extLst?"))
    return re.compile(pattern.replace(" ", ""))


@cache
def _attributes(key: str) -> dict[str, tuple[str | None, bool]] | None:
    """The kind of each attribute that an element may have, and whether it must have it."""
    if key not in ATTRIBUTES:
        return None
    found = {}
    for word in ATTRIBUTES[key].split():
        name, _, kind = word.partition("=")
        plain = name.removesuffix("!")
        found[plain] = (kind or KIND_OF.get(plain), name.endswith("!"))
    return found


@cache
def _known(path: tuple[str, ...], table: str) -> str:
    """The most special key that a table has for an element, given its ancestors."""
    keys = MODELS if table == "models" else ATTRIBUTES
    variants = ("/".join(path[-length:]) for length in (3, 2))
    return next((key for key in variants if key in keys), path[-1])


def _fits(kind: str | None, value: str) -> bool:
    if kind is None:
        return True
    if kind == "cell":
        return ":" not in value and _area(value) is not None
    if kind == "ref":
        return _area(value) is not None
    if kind == "sqref":
        return len(_areas(value)) == len(value.split()) > 0
    return re.fullmatch(KINDS.get(kind, kind), value) is not None


def _schema_faults(book: Book) -> Iterator[Fault]:
    """Elements and attributes that the schemas do not have there."""
    for part, root in book.roots.items():
        if _key(root) in MODELS:
            for sentence in _element_faults(root, (), frozenset()):
                yield part, sentence


def _ignorable(element: Element) -> frozenset[str]:
    prefixes = element.get(f"{{{NAMESPACES['mc']}}}Ignorable", "").split()
    return frozenset(element.nsmap.get(prefix, f"?{prefix}") for prefix in prefixes)


def _element_faults(
    element: Element, above: tuple[str, ...], ignored: frozenset[str]
) -> Iterator[str]:
    path = (*above[-2:], _key(element))
    ignored |= _ignorable(element)
    yield from (f"prefix {n[1:]} is ignorable, but unknown" for n in ignored if n[0] == "?")
    yield from _attribute_faults(element, path, ignored)
    children = [child for child in element if isinstance(child.tag, str)]
    foreign = [c for c in children if _key(c).startswith("?:")]
    for child in foreign:
        if etree.QName(child).namespace not in ignored and path[-1] != "a:graphicData":
            yield f"{_key(element)} has a strange child {child.tag}"
    children = [c for c in children if c not in foreign] if foreign else children
    model = _model(_known(path, "models"))
    if model:
        names = "".join(f"{_key(e)};" for e in _chosen(children))
        if not model.fullmatch(names):
            shown = " ".join(dict.fromkeys(names.split(";"))) or "none"
            yield f"the schema has not these children of {path[-1]} in this order: {shown}"
        if path[-1] in ("s:font", "s:rPr") and len(set(names.split(";"))) <= names.count(";"):
            yield f"{path[-1]} says something twice: {names}"
    for child in children:
        if _local(child) not in ("extLst", "AlternateContent"):
            yield from _element_faults(child, path, ignored)


def _chosen(children: list[Element]) -> Iterator[Element]:
    """The children as a reader sees them that knows no extension."""
    for child in children:
        if _key(child) != "mc:AlternateContent":
            yield child
            continue
        fallback = _child(child, "Fallback")
        branch = fallback if fallback is not None else child[0]
        yield from (e for e in branch if isinstance(e.tag, str) and not _key(e).startswith("?:"))


def _attribute_faults(
    element: Element, path: tuple[str, ...], ignored: frozenset[str]
) -> Iterator[str]:
    known = _attributes(_known(path, "attributes"))
    seen = set()
    for name, value in element.attrib.items():
        namespace, _, local = name.rpartition("}")
        prefix = PREFIXES.get(namespace[1:])
        if namespace and prefix is None:
            if namespace[1:] not in ignored:
                yield f"{path[-1]} has a strange attribute {name}"
        elif namespace:
            seen.add(f"{prefix}:{local}")
        elif known is not None:
            seen.add(local)
            if local not in known:
                yield f"{path[-1]} has an attribute {local}, which the schema does not know"
            elif not _fits(known[local][0], value):
                yield f"{path[-1]} has {local}={value!r}, which is not right"
    yield from (
        f"{path[-1]} lacks {name}: {dict(element.attrib)}"
        for name, (_, is_required) in (known or {}).items()
        if is_required and name not in seen
    )
    for name, limit in TEXT_LENGTHS.get(path[-1], {}).items():
        if len(_plain(element.get(name, ""))) > limit:
            yield f"{path[-1]} has a {name} of more than {limit} characters"


# -- formulas ---------------------------------------------------------------------------------------


def formula_faults(book: Book, formula: str, *, is_rule: bool = False) -> Iterator[str]:
    """What is wrong with a formula; rules are those of validations and conditional formats."""
    if len(formula) > 8192:
        yield f"formula of {len(formula)} characters"
        return
    for fault in (*_grammar_faults(formula), *_reference_faults(book, formula, is_rule=is_rule)):
        yield f"formula {formula[:200]!r}: {fault}"


def _masked(formula: str) -> str:
    """The formula with the escapes in column names as single private characters."""
    return re.sub(
        r"\[((?:'.|[^\[\]'])*)\]",
        lambda match: "[" + re.sub("'(.)", lambda m: chr(0xE000 + ord(m[1]) % 256), match[1]) + "]",
        formula,
        flags=re.DOTALL,
    )


@cache
def _tokens(formula: str) -> tuple[Token, ...] | str:
    try:
        tokenizer = Tokenizer(f"={_masked(formula)}")
    except (TokenizerError, IndexError) as error:
        return f"it cannot be read: {error}"
    if tokenizer.token_stack:
        return "a parenthesis or a brace is open"
    return tuple(tokenizer.items)


@cache
def _grammar_faults(formula: str) -> tuple[str, ...]:
    """Faults that need no workbook to be seen."""
    if formula.lstrip().startswith("=") or not formula.strip():
        return ("it is empty or begins with an equals sign",)
    tokens = _tokens(formula)
    if isinstance(tokens, str):
        return (tokens,)
    grammar = _Grammar()
    for token in tokens:
        grammar.take(token)
    if not grammar.is_complete:
        grammar.faults.append("something is missing at its end")
    if re.search(r"_xlfn\.(LET|LAMBDA)\(\s*(?!_xlpm\.)\w", formula):
        grammar.faults.append("its parameters lack the prefix _xlpm.")
    return tuple(grammar.faults)


class _Grammar:
    """Whether operands and operators take turns, and functions have the arguments they need."""

    def __init__(self) -> None:
        self.faults: list[str] = []
        self.is_complete = False  # an operand stands before
        self.is_spaced = False
        self.may_be_empty = False  # an argument may be left out here
        self.stack: list[tuple[str, int]] = []  # name and number of arguments

    def take(self, token: Token) -> None:
        """Go one token on."""
        if token.type == "WHITE-SPACE":
            self.is_spaced = True
            return
        if token.type in ("OPERAND", "FUNC", "ARRAY", "PAREN"):
            (self._close if token.subtype == "CLOSE" else self._operand)(token)
        elif token.type == "SEP":
            self._separator(token)
        else:
            if not self.is_complete and token.type != "OPERATOR-PREFIX":
                self.faults.append(f"nothing before {token.value}")
            self.is_complete = token.type == "OPERATOR-POSTFIX"
            self.may_be_empty = False
        self.is_spaced = False

    def _operand(self, token: Token) -> None:
        is_call = token.type == "PAREN"
        if self.is_complete and not (self.is_spaced or is_call or token.value.startswith(":")):
            self.faults.append(f"no operator before {token.value}")
        self.is_complete = token.type == "OPERAND"
        self.may_be_empty = token.type == "FUNC"
        if token.type == "OPERAND":
            if token.subtype == "TEXT" and len(token.value[1:-1].replace('""', '"')) > 255:
                self.faults.append("a text in it has more than 255 characters")
            return
        name = token.value.rstrip("(").rpartition(":")[2].upper()
        self.stack.append((name, 1))
        if token.type == "FUNC":
            self._function(name)

    def _function(self, name: str) -> None:
        bare = name.rpartition("_XLFN.")[2].removeprefix("_XLWS.")
        prefix = "_XLFN._XLWS." if bare in ("FILTER", "SORT") else "_XLFN."
        if bare in NEWER and name != prefix + bare:
            self.faults.append(f"{bare} lacks the prefix {prefix.lower()}")

    def _close(self, token: Token) -> None:
        opened, count = self.stack.pop() if self.stack else ("", 0)
        if not self.is_complete and not self.may_be_empty:
            self.faults.append(f"nothing before {token.value}")
        if token.type == "FUNC":
            count -= not self.is_complete and count == 1
            bare = opened.rpartition("_XLFN.")[2].removeprefix("_XLWS.")
            low, high = ARITIES.get(bare, (0, 255))
            if not low <= count <= high:
                self.faults.append(f"{bare} has {count} arguments")
        self.is_complete = True
        self.may_be_empty = False

    def _separator(self, token: Token) -> None:
        if not self.is_complete and not self.may_be_empty:
            self.faults.append(f"nothing before {token.value}")
        is_array = bool(self.stack) and self.stack[-1][0] == "{"
        if token.subtype == "ROW" and not is_array:
            self.faults.append("a semicolon separates arguments; files have commas")
        if self.stack:
            name, count = self.stack.pop()
            self.stack.append((name, count + 1))
        self.is_complete = False
        self.may_be_empty = not is_array


def _reference_faults(book: Book, formula: str, *, is_rule: bool) -> Iterator[str]:
    """Sheets, tables and columns that are not there, and what rules must not refer to."""
    tokens = _tokens(formula)
    for token in () if isinstance(tokens, str) else tokens:
        value = token.value.lstrip(":")
        if is_rule and token.type == "ARRAY" and token.subtype == "OPEN":
            yield "a rule must not have an array constant"
        if token.type != "OPERAND" or token.subtype != "RANGE":
            continue
        if re.match(r"(?:[^\W\d][\w.\\]*\[|\[[^\d\]])", value):
            yield from _structured_faults(book, value)
            if is_rule:
                yield f"a rule must not refer to a table's columns: {value}"
        elif value.startswith("@"):
            yield f"{value} is how Excel shows it; files have _xlfn.SINGLE or [#This Row]"
        elif "!" in value:
            yield from _sheet_faults(book, value.removesuffix("!#REF!").rpartition("!")[0] or value)


def _sheet_faults(book: Book, text: str) -> Iterator[str]:
    plain = text[1:-1].replace("''", "'") if text.startswith("'") else text
    if "[" in plain:
        number = re.search(r"\[(\d+)\]", plain)
        links = len(list(_all(book.workbook, "s:externalReference")))
        if number and int(number[1]) > links:
            yield f"there is no linked workbook {number[1]}"
    elif "|" not in plain:
        if not text.startswith("'") and re.search(r"[^\w.:?\\]|^\d", text):
            yield f"the sheet name {text} needs quotes"
        for name in plain.split(":"):
            if name.lower() not in book.sheet_names:
                yield f"there is no sheet {name}"


def _structured_faults(book: Book, value: str) -> Iterator[str]:
    table, _, inner = value.partition("[")
    inner = inner.removesuffix("]")
    items = re.findall(r"\[([^\[\]]*)\]", inner) if "[" in inner else [inner]
    if table and table.lower() not in book.columns:
        yield f"there is no table {table}"
        return
    for item in items:
        name = re.sub(r"[\ue000-\ue0ff]", lambda m: chr(ord(m[0]) - 0xE000), item)
        is_special = item.lower() in ("#all", "#data", "#headers", "#totals", "#this row", "")
        if item.startswith("@") or inner.startswith("@"):
            yield f"{value} has @, which files write as [#This Row]"
        elif table and not is_special and _plain(name).lower() not in book.columns[table.lower()]:
            yield f"table {table} has no column {name}"


# -- the package's rules ----------------------------------------------------------------------------


def _package_faults(book: Book) -> Iterator[Fault]:
    try:
        yield from (("", fault) for fault in faults_of(book.parts))
    except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
        yield "", f"the package is too broken to look into: {error!r}"
    for name in _twice(name for name in book.parts):
        yield "", f"two parts are named {name}"
    types = book.roots["[Content_Types].xml"]
    for key in ("PartName", "Extension"):
        for name in _twice(e.get(key) for e in types):
            yield "", f"{name} has two content types"
    for source, relations in book.relations.items():
        for relation in relations.values():
            expected = CONTENT_TYPES.get(relation.kind)
            is_there = not relation.external and relation.target in book.parts
            if expected and is_there and book.type_of(relation.target) != expected:
                kind = book.type_of(relation.target)
                yield "", f"{relation.target} is a {relation.kind} of {source}, but has type {kind}"
    yield from _orphan_faults(book)
    yield from _main_faults(book)


def _orphan_faults(book: Book) -> Iterator[Fault]:
    """Parts that a reader cannot find, or would not know as relationships."""
    kinds = {kind: name for name, kind in CONTENT_TYPES.items()}
    found = {(r.kind, r.target) for mine in book.relations.values() for r in mine.values()}
    for part in book.parts:
        kind = book.type_of(part)
        if kind in kinds and (kinds[kind], part) not in found:
            yield "", f"no relationship leads to {part} as its {kinds[kind]}"
        if part.endswith(".rels") and kind != RELATIONSHIPS:
            yield "", f"{part} has type {kind}"


def _main_faults(book: Book) -> Iterator[Fault]:
    """The workbook as the package's main part, and the parts of which there may be one."""
    mains = book.related("", "officeDocument")
    if mains != ["xl/workbook.xml"]:
        yield "", f"the package's main part is not the workbook, but {mains}"
    has_macros = bool(book.related("xl/workbook.xml", "vbaProject"))
    kind = book.type_of("xl/workbook.xml")
    if kind not in (MACRO_BOOKS if has_macros else PLAIN_BOOKS):
        yield "", f"the workbook has type {kind}, and macros: {has_macros}"
    stray = [n for n in book.parts if n.lower().endswith("vbaproject.bin")]
    if stray and not has_macros:
        yield "", f"no relationship of the workbook leads to {stray}"
    for one in ("styles", "sharedStrings", "theme", "calcChain", "sheetMetadata", "vbaProject"):
        if len(book.related("xl/workbook.xml", one)) > 1:
            yield "", f"the workbook has several parts of the kind {one}"


def _relation_faults(book: Book) -> Iterator[Fault]:
    """Ids used twice, and ids in a part that name no relationship or one of another kind."""
    for part, root in book.content("rel:Relationships"):
        for name in _twice(e.get("Id") for e in root):
            yield "", f"{part} has the id {name} twice"
    for part, root in book.roots.items():
        for element in root.iter(etree.Element):
            for name, value in element.attrib.items():
                if name.startswith(f"{{{OFFICE}}}") and value:
                    relation = book.relations.get(part, {}).get(value)
                    kinds = RELATED.get(_key(element), relation.kind if relation else "").split()
                    if relation is None:
                        yield "", f"{part}: {_key(element)} names the relationship {value}: none"
                    elif relation.kind not in kinds:
                        yield "", f"{part}: {_key(element)} names a {relation.kind}, {value}"


def _workbook_faults(book: Book) -> Iterator[Fault]:
    """Sheets: their names, ids and visibility."""
    for sheet in book.sheets:
        is_bad = not 1 <= len(sheet.name) <= 31 or re.search(r"[\[\]:*?/\\\x00-\x1f]", sheet.name)
        if is_bad or sheet.name.startswith("'") or sheet.name.endswith("'"):
            yield "", f"no sheet can be named {sheet.name!r}"
    ids = [e.get(f"{{{OFFICE}}}id") for e in _all(book.workbook, "s:sheet")]
    for name in _twice(ids):
        yield "", f"two sheets are the part {name}"
    states = [sheet.state for sheet in book.sheets]
    if "visible" not in states:
        yield "", "no sheet is visible"
    for view in _all(book.workbook, "s:workbookView"):
        tab = _natural(view.get("activeTab", "0"))
        if not 0 <= tab < len(states) or states[tab] != "visible":
            yield "", f"the active sheet {tab} is not there or hidden"
        if _natural(view.get("firstSheet", "0")) >= len(states):
            yield "", "the first sheet in the view is not there"
    selected = [s.name for s in book.sheets if _is_selected(book, s)]
    if len(selected) > 1:
        yield "", f"sheets are selected together, a group: {selected}"
    roots = [book.roots[sheet.part] for sheet in book.sheets if sheet.part in book.roots]
    names = [e.get("codeName") for root in [book.workbook, *roots] for e in root]
    for name in _twice(names):
        yield "", f"the code name {name} is used twice"


def _is_selected(book: Book, sheet: Sheet) -> bool:
    views = _all(book.roots[sheet.part], "s:sheetView") if sheet.part in book.roots else ()
    return any(view.get("tabSelected") in ("1", "true") for view in views)


def _is_name(name: str) -> bool:
    """Whether a table or a formula may be named so."""
    is_cell = re.fullmatch(r"([A-Z]{1,3})(\d{1,7})", name.upper())
    if is_cell and _area(name.upper()):
        return False
    if re.fullmatch(r"R(\d*)|C(\d*)|R\d*C\d*", name.upper()) or len(name) > 255:
        return False
    return re.fullmatch(r"[^\W\d][\w.?\\]*|\\[\w.?\\]*", name) is not None


def _name_faults(book: Book) -> Iterator[Fault]:
    """Defined names."""
    names = list(_all(book.workbook, "s:definedName"))
    scopes = [f"{e.get('name')}, scope {e.get('localSheetId', 'workbook')}" for e in names]
    part = "xl/workbook.xml"
    for scope in _twice(scopes):
        yield part, f"the name {scope} is defined twice"
    for element in names:
        name, text = element.get("name", ""), element.text or ""
        is_local = element.get("localSheetId") is not None
        if is_local and not 0 <= _natural(element.get("localSheetId")) < len(book.sheets):
            yield part, f"the name {name} belongs to a sheet that is not there"
        elif name.startswith("_xlnm."):
            for sentence in _built_in_faults(book, element):
                yield part, sentence
        elif not _is_name(name):
            yield part, f"{name!r} is no valid name"
        if not is_local and name.lower() in book.columns:
            yield part, f"{name} is the name of a table and of a formula"
        if "#REF!" in text:
            yield part, f"the name {name} refers to something deleted: {text}"
        for sentence in formula_faults(book, text):
            yield part, f"the name {name}: {sentence}"


def _built_in_faults(book: Book, element: Element) -> Iterator[str]:
    name, text = element.get("name").removeprefix("_xlnm."), element.text or ""
    index = element.get("localSheetId")
    if name not in ("Print_Area", "Print_Titles", "_FilterDatabase"):
        return
    if index is None:
        yield f"{name} belongs to no sheet"
        return
    quoted = r"(?P<sheet>'(?:[^']|'')+'|[^'!,]+)!"
    lines = r"(?:\$[A-Z]{1,3}:\$[A-Z]{1,3}|\$\d+:\$\d+)"
    block = r"(?:\$[A-Z]{1,3}\$\d+(?::\$[A-Z]{1,3}\$\d+)?)"
    shape = lines if name == "Print_Titles" else f"(?:{lines}|{block})"
    pieces = re.findall(rf"(?:^|,)({quoted}{shape})(?=,|$)", text)
    if ",".join(piece[0] for piece in pieces) != text:
        if not text.endswith(")") and "#REF!" not in text:
            yield f"{name} has no such shape: {text}"
        return
    sheets = {p[1][1:-1].replace("''", "'") if p[1][0] == "'" else p[1] for p in pieces}
    if {s.lower() for s in sheets} != {book.sheets[int(index)].name.lower()}:
        yield f"{name} of {book.sheets[int(index)].name} lies on another sheet: {text}"
    if name == "Print_Titles" and len(pieces) > 2:
        yield f"{name} has more than columns and rows: {text}"


# -- styles -----------------------------------------------------------------------------------------


def _style_faults(book: Book) -> Iterator[Fault]:
    """References within the style sheet."""
    part = "xl/styles.xml"
    root = book.roots.get(part)
    if root is None:
        return
    formats = [e.get("numFmtId") for e in root.findall("{*}numFmts/{*}numFmt")]
    for number in _twice(formats):
        yield part, f"the number format {number} is defined twice"
    counts = {"fontId": "fonts", "fillId": "fills", "borderId": "borders", "xfId": "cellStyleXfs"}
    for element in (*_all(root, "s:xf"), *_all(root, "s:cellStyle")):
        for key, section in counts.items():
            if _natural(element.get(key)) >= book.styles.get(section, 0):
                yield part, f"{_key(element)} has a {key} beyond the {section}: {element.get(key)}"
        if _natural(element.get("numFmtId")) >= 164 and element.get("numFmtId") not in formats:
            yield part, f"the number format {element.get('numFmtId')} is not defined"
    for name in _twice(e.get("name") for e in _all(root, "s:cellStyle")):
        yield part, f"two cell styles are named {name}"
    for element in _all(root, "s:tableStyleElement"):
        if _natural(element.get("dxfId")) >= book.styles.get("dxfs", 0):
            yield part, f"a table style uses the dxfId {element.get('dxfId')}"


# -- worksheets -------------------------------------------------------------------------------------


def _worksheet_faults(book: Book) -> Iterator[Fault]:
    checks = (
        _row_faults,
        _formula_cell_faults,
        _column_faults,
        _view_faults,
        _merge_faults,
        _format_rule_faults,
        _validation_faults,
        _link_faults,
        _count_faults,
        _page_faults,
        _comment_faults,
    )
    for sheet in book.sheets:
        root = book.roots.get(sheet.part)
        if root is not None and _key(root) == "s:worksheet":
            for check in checks:
                for sentence in check(book, sheet.part, root):
                    yield sheet.part, sentence


def _row_faults(book: Book, _part: str, root: Element) -> Iterator[str]:
    """Rows and cells: their order, styles and values."""
    last = 0
    for row in _all(root, "s:row"):
        number = _natural(row.get("r", str(last + 1)))
        if not last < number <= 1048576:
            yield f"row {row.get('r')} follows row {last}"
        if _natural(row.get("s")) >= book.styles.get("cellXfs", 1):
            yield f"row {number} has a style beyond the last"
        if float(row.get("ht")) > 409.5 if _fits("number", row.get("ht", "")) else False:
            yield f"row {number} is higher than 409.5 points"
        last = number
        column = 0
        for cell in (e for e in row if _key(e) == "s:c"):
            area = _area(cell.get("r")) if cell.get("r") else Area(column + 1, number, 0, 0)
            if area is None or area.top != number or area.left <= column:
                yield f"cell {cell.get('r')} stands in row {number} behind column {column}"
            column = area.left if area else column + 1
            for sentence in _value_faults(book, cell):
                yield f"cell {cell.get('r')}: {sentence}"


def _value_faults(book: Book, cell: Element) -> Iterator[str]:
    kind, value, inline = cell.get("t", "n"), _child(cell, "v"), _child(cell, "is")
    text = "" if value is None else value.text or ""
    if inline is not None and (kind != "inlineStr" or value is not None):
        yield f"an inline string is out of place (type {kind})"
    is_right = {
        "s": 0 <= _natural(text) < len(book.strings),
        "b": text in ("0", "1"),
        "e": text in ERRORS,
        "n": not text or re.fullmatch(NUMBER, text.strip()),
    }
    if value is not None and not is_right.get(kind, True):
        yield f"there is no {text!r} among the values or shared strings of type {kind}"
    if len(_plain(text) if inline is None else _text(inline)) > 32767:
        yield "its text has more than 32767 characters"
    for key, count in book.metadata.items():
        if cell.get(key) is not None and not 0 <= _natural(cell.get(key)) <= count:
            yield f"{key}={cell.get(key)}, but there are {count} such records"


def _formula_cell_faults(book: Book, part: str, root: Element) -> Iterator[str]:
    """Formulas in cells, and the areas of array formulas."""
    arrays, shared = [], set()
    for formula in _all(root, "s:f"):
        cell, text, kind = formula.getparent(), formula.text or "", formula.get("t", "normal")
        address, area = _area(cell.get("r", "")), _area(formula.get("ref", ""))
        place = f"cell {cell.get('r')}"
        if kind == "shared" and formula.get("ref"):
            shared.add(formula.get("si"))
        if kind == "shared" and formula.get("si") not in shared:
            yield f"{place} shares a formula that no cell before it has"
        if kind == "array":
            arrays.append(area)
            if area is None or address is None or not area.holds(address):
                yield f"{place} is not in the area {formula.get('ref')} of its array formula"
        if kind == "dataTable" or (kind == "shared" and not text):
            continue
        yield from (f"{place}: {sentence}" for sentence in formula_faults(book, text))
    areas = [area for area in arrays if area]
    yield from (f"array formulas overlap: {one}, {other}" for one, other in _overlaps(areas))
    for _, table, sheet, place in book.tables:
        for area in areas if sheet.part == part else ():
            if area.meets(place) and (area.left, area.top) != (area.right, area.bottom):
                yield f"an array formula of several cells meets table {table.get('displayName')}"


def _column_faults(book: Book, _part: str, root: Element) -> Iterator[str]:
    last = 0
    for column in _all(root, "s:col"):
        first, end = _natural(column.get("min")), _natural(column.get("max"))
        if not last < first <= end <= 16384:
            yield f"columns {first} to {end} follow column {last}"
        last = end
        if _natural(column.get("style")) >= book.styles.get("cellXfs", 1):
            yield f"columns {first} to {end} have a style beyond the last"
        if _fits("number", column.get("width", "")) and not 0 <= float(column.get("width")) <= 255:
            yield f"columns {first} to {end} are {column.get('width')} wide"


def _view_faults(book: Book, _part: str, root: Element) -> Iterator[str]:
    windows = len(list(_all(book.workbook, "s:workbookView")))
    for view in _all(root, "s:sheetView"):
        if _natural(view.get("workbookViewId")) >= max(windows, 1):
            yield f"a view is of the window {view.get('workbookViewId')}, which is not there"
        panes = [e.get("pane", "topLeft") for e in _all(view, "s:selection")]
        for pane in _twice(panes):
            yield f"two selections are in the pane {pane}"
        pane = _child(view, "pane")
        if pane is None and set(panes) - {"topLeft"}:
            yield f"selections are in panes that are not there: {panes}"
        zoom = view.get("zoomScale")
        if zoom is not None and not 10 <= _natural(zoom) <= 400:
            yield f"the view is zoomed to {zoom} percent"


def _merge_faults(book: Book, part: str, root: Element) -> Iterator[str]:
    merged = [a for e in _all(root, "s:mergeCell") for a in _areas(e.get("ref"))]
    yield from (f"merged cells overlap: {one}, {other}" for one, other in _overlaps(merged))
    yield from (f"one cell is merged alone: {a}" for a in merged if a[:2] == a[2:])
    tables = [(e, place) for _, e, sheet, place in book.tables if sheet.part == part]
    for table, place in tables:
        for area in merged:
            if area.meets(place):
                yield f"table {table.get('displayName')} has merged cells: {area}"
    for one, other in _overlaps([place for _, place in tables]):
        yield f"tables overlap: {one}, {other}"


def _format_rule_faults(book: Book, _part: str, root: Element) -> Iterator[str]:
    """Conditional formats: what each kind of rule needs, and its formulas."""
    for rule in _all(root, "s:cfRule"):
        name = f"rule {rule.get('type')} of priority {rule.get('priority')}"
        for need in RULE_NEEDS.get(rule.get("type", ""), "").split():
            has = rule.get(need[1:]) if need[0] == "@" else _child(rule, need)
            if has is None:
                yield f"{name} lacks {need}"
        formulas = [e.text or "" for e in rule if _local(e) == "formula"]
        is_pair = rule.get("operator") in ("between", "notBetween")
        if rule.get("type") == "cellIs" and len(formulas) != 1 + is_pair:
            yield f"{name} has {len(formulas)} formulas"
        for text in formulas:
            yield from (f"{name}: {s}" for s in formula_faults(book, text, is_rule=True))
        yield from (f"{name}: {s}" for s in _bound_faults(book, rule))


def _bound_faults(book: Book, rule: Element) -> Iterator[str]:
    """Bounds of a conditional format's colours, bars and icons."""
    for bound in _all(rule, "s:cfvo"):
        if bound.get("type") in ("num", "percent", "percentile", "formula"):
            yield from formula_faults(book, bound.get("val", ""))
    for scale in _all(rule, "s:colorScale"):
        if len(list(_all(scale, "s:cfvo"))) != len(list(_all(scale, "s:color"))):
            yield "it has not as many colours as bounds"
    for icons in _all(rule, "s:iconSet"):
        if not icons.get("iconSet", "3TrafficLights1").startswith(str(len(icons))):
            yield "it has not as many bounds as icons"


def _validation_faults(book: Book, _part: str, root: Element) -> Iterator[str]:
    for rule in _all(root, "s:dataValidation"):
        name = f"validation of {rule.get('sqref')}"
        kind, operator = rule.get("type", "none"), rule.get("operator", "between")
        formulas = {_local(e): e.text or "" for e in rule}
        if kind != "none" and "formula1" not in formulas:
            yield f"{name} has no formula"
        is_pair = kind not in ("none", "list", "custom") and operator in ("between", "notBetween")
        if is_pair and "formula2" not in formulas:
            yield f"{name} has only one bound"
        for text in formulas.values():
            if text.startswith('"') and len(text.strip('"')) > 255:
                yield f"{name} lists more than 255 characters"
            yield from (f"{name}: {s}" for s in formula_faults(book, text, is_rule=True))


def _link_faults(book: Book, part: str, root: Element) -> Iterator[str]:
    links = list(_all(root, "s:hyperlink"))
    if len(links) > 65530:
        yield f"{len(links)} hyperlinks"
    for link in links:
        relation = book.relations.get(part, {}).get(link.get(f"{{{OFFICE}}}id", ""))
        if relation and len(relation.target) > 2079:
            yield f"the hyperlink of {link.get('ref')} is too long"
    areas = [area for link in links for area in _areas(link.get("ref"))]
    yield from (f"two hyperlinks are in {one}" for one, other in _overlaps(areas) if one == other)


def _count_faults(_book: Book, _part: str, root: Element) -> Iterator[str]:
    for name in ("tableParts", "dataValidations", "mergeCells", "rowBreaks", "colBreaks"):
        for element in _all(root, f"s:{name}"):
            if element.get("count") is not None and _natural(element.get("count")) != len(element):
                yield f"{name} says {element.get('count')}, but there are {len(element)}"


def _page_faults(_book: Book, _part: str, root: Element) -> Iterator[str]:
    for name in (
        "oddHeader",
        "oddFooter",
        "evenHeader",
        "evenFooter",
        "firstHeader",
        "firstFooter",
    ):
        for element in _all(root, f"s:{name}"):
            if len(element.text or "") > 255:
                yield f"{name} has more than 255 characters"


def _comment_faults(book: Book, part: str, root: Element) -> Iterator[str]:
    for target in book.related(part, "comments"):
        comments = book.roots.get(target)
        if comments is None:
            continue
        if _child(root, "legacyDrawing") is None:
            yield f"{target} has notes, but the sheet has no legacyDrawing for their boxes"
        for place in _twice(e.get("ref") for e in _all(comments, "s:comment")):
            yield f"two notes are in {place.upper()}"
        authors = len(list(_all(comments, "s:author")))
        for comment in _all(comments, "s:comment"):
            if _natural(comment.get("authorId")) >= authors:
                yield f"the note in {comment.get('ref')} has no author"
            if any(len(_text(e)) > 32767 for e in _all(comment, "s:text")):
                yield f"the note in {comment.get('ref')} has more than 32767 characters"


def _string_faults(book: Book) -> Iterator[Fault]:
    for index, text in enumerate(book.strings):
        if len(text) > 32767:
            yield "xl/sharedStrings.xml", f"string {index} has more than 32767 characters"


def _metadata_faults(book: Book) -> Iterator[Fault]:
    """Records of metadata, which say of which type they are and which entry of it they mean."""
    for part, root in book.content("s:metadata"):
        types = [e.get("name") for e in _all(root, "s:metadataType")]
        entries = {
            e.get("name"): len(list(_all(e, "s:bk"))) for e in _all(root, "s:futureMetadata")
        }
        for section in root:
            size = len([e for e in section if _local(e) != "extLst"])
            if section.get("count") is not None and _natural(section.get("count")) != size:
                yield part, f"{_local(section)} says {section.get('count')}, but there are {size}"
        for record in _all(root, "s:rc"):
            kind, value = _natural(record.get("t")), _natural(record.get("v"))
            if not 1 <= kind <= len(types):
                yield part, f"a record is of type {kind}, of {len(types)}"
            elif value < 0 or value >= entries.get(types[kind - 1], value + 1):
                yield part, f"a record means entry {value} of {types[kind - 1]}"
            elif types[kind - 1] == "XLDAPR" and "XLDAPR" not in entries:
                yield part, "there are no properties of dynamic arrays"


def _chain_faults(book: Book) -> Iterator[Fault]:
    """Cells of the calculation chain that have no formula."""
    formulas = {
        sheet.number: {
            e.getparent().get("r")
            for e in (_all(book.roots[sheet.part], "s:f") if sheet.part in book.roots else ())
        }
        for sheet in book.sheets
    }
    for part, root in book.content("s:calcChain"):
        sheet = ""
        for cell in root:
            sheet = cell.get("i", sheet)
            if cell.get("r") not in formulas.get(sheet, ()):
                yield part, f"cell {cell.get('r')} of sheet {sheet} has no formula to calculate"


# -- tables -----------------------------------------------------------------------------------------


def _table_faults(book: Book) -> Iterator[Fault]:
    for part, root, sheet, area in book.tables:
        for check in (_table_shape_faults, _header_faults, _table_reference_faults):
            for sentence in check(book, root, sheet, area):
                yield part, f"table {root.get('displayName')}: {sentence}"
    for name in _twice(root.get("name") for _, root, _, _ in book.tables):
        yield "", f"two tables are named {name}"
    for sheet in book.sheets:
        root = book.roots.get(sheet.part)
        named = (
            [] if root is None else [book.target(sheet.part, e) for e in _all(root, "s:tablePart")]
        )
        if sorted(named) != sorted(book.related(sheet.part, "table")):
            yield "", f"sheet {sheet.name} names other tables than it relates to: {named}"


def _table_shape_faults(_book: Book, root: Element, _sheet: Sheet, area: Area) -> Iterator[str]:
    headers = _natural(root.get("headerRowCount", "1"))
    totals = _natural(root.get("totalsRowCount", "0"))
    if area.bottom - area.top < headers + totals:
        yield f"{root.get('ref')} has no row for data"
    columns = list(_all(root, "s:tableColumn"))
    listed = _child(root, "tableColumns")
    if listed is not None and _natural(listed.get("count", str(len(columns)))) != len(columns):
        yield "it miscounts its columns"
    for number in _twice(e.get("id") for e in columns):
        yield f"two columns have the id {number}"
    if not _is_name(root.get("displayName", "")):
        yield "it cannot be named so"
    for part in root:
        if _key(part) == "s:autoFilter":
            inner = _area(part.get("ref", ""))
            expected = area._replace(bottom=area.bottom - totals)
            if inner != expected:
                yield f"its filter covers {part.get('ref')}, not its headers and data"
            for column in _all(part, "s:filterColumn"):
                if _natural(column.get("colId")) >= len(columns):
                    yield f"its filter has a column {column.get('colId')}"


def _header_faults(book: Book, root: Element, sheet: Sheet, area: Area) -> Iterator[str]:
    if root.get("headerRowCount") == "0":
        return
    cells = {
        _area(address): cell for address, cell in _row_cells(book, sheet.part, area.top).items()
    }
    for offset, column in enumerate(_all(root, "s:tableColumn")):
        place = Area(area.left + offset, area.top, area.left + offset, area.top)
        cell = cells.get(place)
        text = None if cell is None else book.cell_text(cell)
        if not _plain(column.get("name", "")).strip():
            yield f"column {offset + 1} has no name"
        if text is None:
            yield f"the header of column {column.get('name')} is no text in a cell"
        elif text != _plain(column.get("name", "")):
            yield f"column {column.get('name')!r} has the header {text!r} in its cell"


def _row_cells(book: Book, part: str, row: int) -> dict[str, Element]:
    root = book.roots.get(part)
    rows = [] if root is None else [e for e in _all(root, "s:row") if e.get("r") == str(row)]
    return {cell.get("r", ""): cell for e in rows for cell in e if _key(cell) == "s:c"}


def _table_reference_faults(book: Book, root: Element, _sheet: Sheet, _area: Area) -> Iterator[str]:
    for element in (root, *_all(root, "s:tableColumn")):
        for key, value in element.attrib.items():
            if key.endswith("DxfId") and _natural(value) >= book.styles.get("dxfs", 0):
                yield f"{key} {value} is beyond the last differential format"
    for name in ("calculatedColumnFormula", "totalsRowFormula"):
        for element in _all(root, f"s:{name}"):
            yield from formula_faults(book, element.text or "")


# -- drawings, charts, controls ---------------------------------------------------------------------


def _drawing_faults(book: Book) -> Iterator[Fault]:
    """Shapes and where they are anchored."""
    for part, root in book.content("xdr:wsDr"):
        for number in _twice(e.get("id") for e in _all(root, "xdr:cNvPr")):
            yield part, f"two shapes have the id {number}"
        for data in _all(root, "a:graphicData"):
            if data.get("uri") == NAMESPACES["c"] and [_key(e) for e in data] != ["c:chart"]:
                yield part, "a frame for a chart has no chart, or several"
        for anchor in _all(root, "xdr:twoCellAnchor"):
            for name, limit in (("col", 16383), ("row", 1048575)):
                ends = [_child(e, name) for e in anchor[:2]]
                places = [_natural((e.text or "").strip()) for e in ends if e is not None]
                if places != sorted(places) or not all(0 <= place <= limit for place in places):
                    yield part, f"an anchor reaches from {name} to {name} {places}"


def _vml_faults(book: Book) -> Iterator[Fault]:
    """Drawings in VML, which hold the boxes of notes and the buttons."""
    legacy = {
        book.target(part, e)
        for part, root in book.roots.items()
        for name in ("legacyDrawing", "legacyDrawingHF")
        for e in _all(root, f"s:{name}")
    }
    for part, root in book.roots.items():
        if part.endswith(".vml") and part not in legacy:
            yield part, "no sheet has this as its legacyDrawing"
        for name in _twice(e.get("id") for e in _all(root, "v:shape")):
            yield part, f"two shapes have the id {name}"


def _chart_faults(book: Book) -> Iterator[Fault]:
    """Series, labels and formulas of charts."""
    for part, root in book.content("c:chartSpace"):
        for key in ("idx", "order"):
            values = [_child(e, key) for e in _all(root, "c:ser")]
            for value in _twice(e.get("val") for e in values if e is not None):
                yield part, f"two series have the {key} {value}"
        for sentence in (*_axis_faults(root), *_label_faults(root), *_cache_faults(root)):
            yield part, sentence
        for formula in _all(root, "c:f"):
            for sentence in formula_faults(book, formula.text or ""):
                yield part, sentence


def _axis_faults(root: Element) -> Iterator[str]:
    ids = list(_all(root, "c:axId"))
    used = {e.get("val", "") for e in ids if _local(e.getparent()).endswith("Chart")}
    axes = [e.get("val", "") for e in ids if not _local(e.getparent()).endswith("Chart")]
    for number in _twice(axes):
        yield f"two axes have the id {number}"
    if used != set(axes):
        yield f"the charts use the axes {sorted(used)}, of {sorted(axes)}"
    for crossed in _all(root, "c:crossAx"):
        if crossed.get("val") not in axes:
            yield f"an axis crosses {crossed.get('val')}, which is not there"


def _label_faults(root: Element) -> Iterator[str]:
    for place in _all(root, "c:dLblPos"):
        chart = next((e for e in place.iterancestors() if _local(e).endswith("Chart")), None)
        if chart is None:
            continue
        allowed = LABEL_PLACES.get(_local(chart), "").split()
        grouping = _child(chart, "grouping")
        if grouping is not None and "tacked" in grouping.get("val", "") and "outEnd" in allowed:
            allowed.remove("outEnd")
        if place.get("val") not in allowed:
            yield f"labels of a {_local(chart)} cannot be at {place.get('val')}"


def _cache_faults(root: Element) -> Iterator[str]:
    for name in ("numCache", "strCache", "numLit", "strLit"):
        for values in _all(root, f"c:{name}"):
            count = _child(values, "ptCount")
            limit = -1 if count is None else _natural(count.get("val"))
            points = [_natural(e.get("idx")) for e in values if _local(e) == "pt"]
            if points and (max(points) >= limit or points != sorted(set(points))):
                yield f"a {name} of {limit} points numbers them {points[:20]}"


def _ribbon_faults(book: Book) -> Iterator[Fault]:
    """A custom ribbon: its relationship, ids, callbacks and lengths."""
    wanted = {"ui": "2006", "ui14": "2007"}
    relations = book.relations.get("", {}).values()
    ribbons = [r.target for r in relations if r.kind == "extensibility"]
    for part in ribbons:
        if part in book.roots and _key(book.roots[part]).partition(":")[0] not in wanted:
            yield part, f"its root is {book.roots[part].tag}"
    for prefix, year in wanted.items():
        for part, root in book.content(f"{prefix}:customUI"):
            kind = f"http://schemas.microsoft.com/office/{year}/relationships/ui/extensibility"
            kinds = [e.get("Type") for e in book.roots["_rels/.rels"] if _leads_to(e, part)]
            if kinds != [kind]:
                yield "", f"{part} is related to the package by {kinds}, not by {kind}"
            for name in _twice(e.get("id") for e in root.iter(etree.Element)):
                yield part, f"two controls have the id {name}"
            for element in root.iter(etree.Element):
                for sentence in _control_faults(element):
                    yield part, sentence


def _leads_to(relation: Element, part: str) -> bool:
    return relation.get("Target", "").lstrip("/") == part


def _control_faults(element: Element) -> Iterator[str]:
    name = _local(element)
    ids = [key for key in ("id", "idQ", "idMso") if element.get(key)]
    if name not in NO_CONTROLS and len(ids) != 1:
        yield f"a {name} has these ids: {ids}"
    if element.get("id") is not None and not re.fullmatch(r"[^\W\d][\w.-]*", element.get("id")):
        yield f"{element.get('id')!r} is no id"
    for key, value in element.attrib.items():
        if not value and (key.startswith(("get", "on"))):
            yield f"{name} has an empty {key}"
        if f"get{key[0].upper()}{key[1:]}" in element.attrib:
            yield f"{name} has {key} and a callback for it"
        if len(value) > 1024:
            yield f"{name} has a {key} of more than 1024 characters"
    if element.get("image") and element.get("imageMso"):
        yield f"{name} has two images"
    if element.get("size", "normal") not in ("normal", "large"):
        yield f"{name} has the size {element.get('size')}"


RULES = (
    _package_faults,
    _relation_faults,
    _schema_faults,
    _workbook_faults,
    _name_faults,
    _style_faults,
    _string_faults,
    _worksheet_faults,
    _table_faults,
    _metadata_faults,
    _chain_faults,
    _drawing_faults,
    _vml_faults,
    _chart_faults,
    _ribbon_faults,
)


def repairs_of(parts: dict[str, bytes], only: Container[str] | None = None) -> list[str]:
    """Everything in a package that breaks the rules, in sentences.

    Parts are those of :func:`support.packages.parts_of`. The content of parts outside ``only`` is
    not held against the rules, which is for what other programs wrote; the package as a whole is.
    """
    book = Book(parts)
    needed = ("[Content_Types].xml", "_rels/.rels", "xl/workbook.xml")
    missing = [f"{name} is missing" for name in needed if name not in parts]
    if missing or book.malformed:
        return missing + book.malformed
    found = [
        f"{part}: {sentence}" if part else sentence
        for rule in RULES
        for part, sentence in rule(book)
        if not part or only is None or part in only
    ]
    return list(dict.fromkeys(found))
