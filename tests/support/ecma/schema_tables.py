"""The transitional schemas as data: content models, attributes, and limits Excel adds to them.

Names have the prefix of their key unless they bring one; ``$NAME`` is what another entry says.
The content models are laxer than the schema where Excel is: numFmts may be empty, a scatterChart
need have no style, and Excel itself writes the extLst of a chart before showDLblsOverMax.
Of charts, the kinds are known that the workbooks of this project have.
"""

from __future__ import annotations

#: What children an element has, as a regular expression over their names; ~ is extLst?
MODELS = r"""
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
$FONT := charset| family| b| i| strike| outline| shadow| condense| extend| color| sz| u| vertAlign|
    scheme
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
s:fill := (patternFill|gradientFill) ; s:patternFill := fgColor? bgColor? ; s:gradientFill := stop*
s:border := start? end? left? right? top? bottom? diagonal? vertical? horizontal?
s:left s:right s:top s:bottom := color? ; s:xf := alignment? protection? ~ ; s:cellStyle := ~
s:dxf := font? numFmt? fill? alignment? border? protection? ~
s:sheetPr := tabColor? outlinePr? pageSetUpPr? ; s:sheetViews := sheetView+ ~
s:sheetView := pane? selection{0,4} pivotSelection{0,4} ~ ; s:cols := col+ ; s:sheetData := row*
s:row := c* ~ ; s:c := f? v? is? ~ ; s:is s:si s:text := t? r* rPh* phoneticPr? ; s:r a:r := rPr? t
s:sst := si* ~ ; s:mergeCells := mergeCell+ ; s:protectedRanges := protectedRange+
s:conditionalFormatting := cfRule+ ~ ; s:cfRule := formula{0,3} colorScale? dataBar? iconSet? ~
s:colorScale := cfvo{2,3} color{2,3} ; s:dataBar := cfvo{2} color ; s:iconSet := cfvo{3,5}
s:dataValidations := dataValidation+ ; s:dataValidation := formula1? formula2?
s:hyperlinks := hyperlink+ ; s:autoFilter := filterColumn* sortState? ~
s:filterColumn := (filters|top10|customFilters|dynamicFilter|colorFilter|iconFilter|extLst)?
s:customFilters := customFilter{1,2} ; s:sortState := sortCondition{0,64} ~
s:headerFooter := oddHeader? oddFooter? evenHeader? evenFooter? firstHeader? firstFooter?
s:rowBreaks s:colBreaks := brk* ; s:ignoredErrors := ignoredError+ ~ ; s:tableParts := tablePart*
s:table := autoFilter? sortState? tableColumns tableStyleInfo? ~ ; s:tableColumns := tableColumn+
s:tableColumn := calculatedColumnFormula? totalsRowFormula? xmlColumnPr? ~
s:comments := authors commentList ~ ; s:authors := author* ; s:commentList := comment*
s:comment := text commentPr?
s:metadata := metadataTypes? metadataStrings? mdxMetadata? futureMetadata* cellMetadata?
    valueMetadata? ~
s:calcChain := c+ ~
xdr:wsDr := (twoCellAnchor|oneCellAnchor|absoluteAnchor)*
xdr:twoCellAnchor := from to $OBJECT clientData ; xdr:oneCellAnchor := from ext $OBJECT clientData
xdr:absoluteAnchor := pos ext $OBJECT clientData ; xdr:from xdr:to := col colOff row rowOff
xdr:sp := nvSpPr spPr style? txBody? ; xdr:nvSpPr := cNvPr cNvSpPr
xdr:cxnSp := nvCxnSpPr spPr style? ; xdr:pic := nvPicPr blipFill spPr style?
xdr:nvPicPr := cNvPr cNvPicPr ; xdr:graphicFrame := nvGraphicFramePr xfrm a:graphic
xdr:nvGraphicFramePr := cNvPr cNvGraphicFramePr ; xdr:xfrm := a:off? a:ext?
xdr:spPr c:spPr := $SHAPE ; xdr:txBody c:rich c:txPr := $TEXT
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
c:title := tx? layout? overlay? spPr? txPr? ~ ; c:tx := (strRef|rich) ; c:ser/c:tx := (strRef|v)
c:layout := manualLayout? ~
c:manualLayout := layoutTarget? xMode? yMode? wMode? hMode? x? y? w? h? ~
c:legend := legendPos? legendEntry* layout? overlay? spPr? txPr? ~
c:legendEntry := idx (delete|txPr)? ~
c:scatterChart := scatterStyle? varyColors? ser* dLbls? axId{2} ~
c:barChart := barDir grouping? varyColors? ser* dLbls? gapWidth? overlap? serLines* axId{2} ~
c:lineChart := grouping varyColors? ser* dLbls? dropLines? hiLowLines? upDownBars? marker? smooth?
    axId{2} ~
c:scatterChart/c:ser := $SERIES marker? dPt* dLbls? trendline* errBars{0,2} xVal? yVal? smooth? ~
c:barChart/c:ser := $SERIES invertIfNegative? pictureOptions? dPt* dLbls? trendline* errBars? cat?
    val? shape? ~
c:lineChart/c:ser := $SERIES marker? dPt* dLbls? trendline* errBars? cat? val? smooth? ~
c:dPt := idx invertIfNegative? marker? bubble3D? explosion? spPr? pictureOptions? ~
c:dLbls := dLbl* (delete|$LABEL showLeaderLines? leaderLines?) ~
c:dLbl := idx (delete|layout? tx? $LABEL) ~ ; c:marker := symbol? size? spPr? ~
c:trendline := name? spPr? trendlineType order? period? forward? backward? intercept? dispRSqr?
    dispEq? trendlineLbl? ~
c:errBars := errDir? errBarType errValType noEndCap? plus? minus? val? spPr? ~
c:xVal c:cat := (multiLvlStrRef|numRef|numLit|strRef|strLit)
c:yVal c:ser/c:val := (numRef|numLit) ; c:numRef := f numCache? ~
c:strRef := f strCache? ~ ; c:numCache c:numLit := formatCode? ptCount? pt* ~
c:strCache c:strLit := ptCount? pt* ~ ; c:pt := v
c:valAx := $AXIS crossBetween? majorUnit? minorUnit? dispUnits? ~
c:catAx := $AXIS auto? lblAlgn? lblOffset? tickLblSkip? tickMarkSkip? noMultiLvlLbl? ~
c:scaling := logBase? orientation? max? min? ~
ui:customUI := commands? ribbon? ; ui:ribbon := officeMenu? qat? tabs? contextualTabs?
ui14:customUI := commands? ribbon? backstage? contextMenus?
ct:Types := (Default|Override)*
rel:Relationships := Relationship*
"""

#: What attributes an element has: ! is required, ? a truth value, # a natural number, and "="
#: names a kind or gives a pattern.
ATTRIBUTES = r"""
$COLOURS := auto? indexed# rgb=[0-9A-Fa-f]{8} theme# tint=number
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
$DXFS := headerRowDxfId# dataDxfId# totalsRowDxfId#
s:row := r=positive spans=[0-9:\s]+ s# customFormat? ht=number hidden? customHeight?
    outlineLevel=[0-7] collapsed? thickTop? thickBot? ph?
s:sheetData/s:row/s:c := r=cell s# t=b|d|e|inlineStr|n|s|str cm# vm# ph?
s:f := t=normal|array|dataTable|shared aca? ref=ref dt2D? dtr? del1? del2? r1=cell r2=cell ca? si#
    bx?
s:col := min!=positive max!=positive width=number style# hidden? bestFit? customWidth? phonetic?
    outlineLevel=[0-7] collapsed?
s:sheet := name! sheetId!=positive state=visible|hidden|veryHidden r:id!
s:workbookView := visibility=visible|hidden|veryHidden minimized? showHorizontalScroll?
    showVerticalScroll? showSheetTabs? xWindow yWindow windowWidth windowHeight tabRatio#
    firstSheet# activeTab# autoFilterDateGrouping?
s:workbookPr := date1904? showObjects showBorderUnselectedTables filterPrivacy? promptedSolutions
    showInkAnnotation backupFile saveExternalLinkValues updateLinks codeName hidePivotFieldList
    showPivotChartFilter allowRefreshQuery publishItems checkCompatibility autoCompressPictures
    refreshAllConnections defaultThemeVersion dateCompatibility
s:calcPr := calcId# calcMode=manual|auto|autoNoTable fullCalcOnLoad? refMode=A1|R1C1 iterate?
    iterateCount# iterateDelta=number fullPrecision? calcCompleted? calcOnSave? concurrentCalc?
    concurrentManualCount forceFullCalc?
s:definedName := name! comment customMenu description help statusBar localSheetId# hidden? function?
    vbProcedure? xlm? functionGroupId shortcutKey publishToServer workbookParameter
s:dimension s:mergeCell := ref!=ref
s:sheetView := windowProtection? showFormulas? showGridLines? showRowColHeaders? showZeros?
    rightToLeft? tabSelected? showRuler? showOutlineSymbols? defaultGridColor? showWhiteSpace?
    view=normal|pageBreakPreview|pageLayout topLeftCell=cell colorId zoomScale# zoomScaleNormal#
    zoomScaleSheetLayoutView zoomScalePageLayoutView workbookViewId#! zoomToFit
s:pane := xSplit=number ySplit=number topLeftCell=cell activePane=$PANE
    state=split|frozen|frozenSplit
s:selection := pane=$PANE activeCell=cell activeCellId# sqref=sqref
s:sheetFormatPr := baseColWidth# defaultColWidth=number defaultRowHeight!=number customHeight?
    zeroHeight? thickTop? thickBottom? outlineLevelRow=[0-7] outlineLevelCol=[0-7]
s:mergeCells s:tableParts s:tableColumns := count#
s:hyperlink := ref!=ref location tooltip display r:id
s:conditionalFormatting := pivot? sqref!=sqref
s:cfRule := type!=$RULE dxfId# priority!=positive stopIfTrue? aboveAverage? percent? bottom?
    operator=$OPERATOR|containsText|notContains|beginsWith|endsWith text timePeriod rank# stdDev=\d+
    equalAverage?
s:cfvo := type!=num|percent|max|min|formula|percentile val gte?
s:dataBar := minLength# maxLength# showValue?
s:iconSet := iconSet=$ICONS showValue? percent? reverse?
s:dataValidations := disablePrompts? xWindow yWindow count#
s:dataValidation := type=none|whole|decimal|list|date|time|textLength|custom
    errorStyle=stop|warning|information imeMode operator=$OPERATOR allowBlank? showDropDown?
    showInputMessage? showErrorMessage? errorTitle error promptTitle prompt sqref!=sqref
s:autoFilter := ref=ref ; s:filterColumn := colId#! hiddenButton? showButton?
s:pageMargins := left!=number right!=number top!=number bottom!=number header!=number footer!=number
s:drawing s:legacyDrawing s:tablePart a:graphicData/c:chart := r:id!
s:table := id!=positive name displayName! comment ref!=ref tableType=worksheet|xml|queryTable
    headerRowCount=[01] insertRow? insertRowShift totalsRowCount# totalsRowShown? published? $DXFS
    headerRowBorderDxfId# tableBorderDxfId# totalsRowBorderDxfId# $CELLSTYLES connectionId
s:tableColumn := id!=positive uniqueName name!
    totalsRowFunction=none|sum|min|max|average|count|countNums|stdDev|var|custom totalsRowLabel
    queryTableFieldId $DXFS $CELLSTYLES
s:tableStyleInfo := name showFirstColumn? showLastColumn? showRowStripes? showColumnStripes?
s:numFmt := numFmtId#! formatCode!
s:xf := numFmtId# fontId# fillId# borderId# xfId# quotePrefix? pivotButton? applyNumberFormat?
    applyFont? applyFill? applyBorder? applyAlignment? applyProtection?
s:alignment := horizontal=general|left|center|right|fill|justify|centerContinuous|distributed
    vertical=top|center|bottom|justify|distributed textRotation=\d{1,2}|1[0-7]\d|180|255 wrapText?
    indent# relativeIndent justifyLastLine? shrinkToFit? readingOrder=[012]
s:cellStyle := name xfId#! builtinId# iLevel hidden? customBuiltin?
s:border := diagonalUp? diagonalDown? outline? ; s:patternFill := patternType=$PATTERN
s:comment := ref!=cell authorId#! guid shapeId ; s:brk := id# min# max# man? pt?
s:color s:tabColor s:fgColor s:bgColor := $COLOURS
s:left s:right s:top s:bottom s:diagonal := style=$LINE ; s:sz := val!=number
s:family := val!=\d{1,2} ; s:name s:rFont := val! ; s:scheme := val!=none|major|minor
s:vertAlign := val!=baseline|superscript|subscript ; s:b s:i s:strike s:outline s:shadow := val?
xdr:cNvPr := id#! name! descr hidden? title ; xdr:twoCellAnchor := editAs=twoCell|oneCell|absolute
xdr:oneCellAnchor := ; xdr:graphicFrame := macro fPublished?
a:graphicData := uri! ; a:srgbClr := val!=[0-9A-Fa-f]{6}
c:symbol := val!=circle|dash|diamond|dot|none|picture|plus|square|star|triangle|x|auto
c:size := val=[2-9]|[1-6]\d|7[0-2]
c:scatterStyle := val!=none|line|lineMarker|marker|smooth|smoothMarker ; c:barDir := val=bar|col
c:grouping := val=percentStacked|standard|stacked|clustered
c:gapWidth := val=\d{1,2}|[1-4]\d\d|500 ; c:overlap := val=-?\d{1,2}|-?100
c:legendPos := val=b|tr|l|r|t ; c:axPos := val!=b|l|r|t
c:orientation := val=maxMin|minMax ; c:dispBlanksAs := val=span|gap|zero
c:crosses := val!=autoZero|max|min ; c:crossBetween := val!=between|midCat
c:tickLblPos := val=high|low|nextTo|none ; c:majorTickMark c:minorTickMark := val=cross|in|none|out
c:layoutTarget := val=inner|outer ; c:idx c:order c:axId c:crossAx c:ptCount := val#!
c:delete c:overlay c:smooth c:varyColors c:auto c:showVal c:showSerName c:showLegendKey := val?
c:x c:y c:w c:h c:max c:min c:majorUnit c:minorUnit c:crossesAt := val!=number
c:numFmt := formatCode! sourceLinked? ; c:pt := idx#! formatCode
ct:Default := Extension! ContentType! ; ct:Override := PartName!=/.+ ContentType!
rel:Relationship := Id! Type! Target! TargetMode=External|Internal
"""

NUMBER = r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?"
KINDS = {"?": "0|1|true|false", "#": r"\d+", "positive": r"0*[1-9]\d*", "number": NUMBER}

#: How many characters an attribute may have.
TEXT_LENGTHS = {
    "s:dataValidation": {"promptTitle": 32, "errorTitle": 32, "prompt": 255, "error": 255},
    "s:hyperlink": {"tooltip": 255, "location": 2084},
    "s:numFmt": {"formatCode": 255},
    "s:table": {"displayName": 255},
    "s:tableColumn": {"name": 255},
}

#: Elements whose count is that of their children.
COUNTED = (
    "s:mergeCells s:dataValidations s:rowBreaks s:colBreaks s:tableParts s:tableColumns "
    "s:metadataTypes s:metadataStrings s:mdxMetadata s:futureMetadata s:cellMetadata "
    "s:valueMetadata"
)
