Attribute VB_Name = "KpBridge"
Option Explicit
Option Private Module

' The only module that knows xlwings. It binds late: a reference to the add-in would break every
' macro of this workbook for whoever does not have it.

Private Const ADD_IN As String = "xlwings.xlam"
Private Const FUNCTIONS_MODULE As String = "xlportfolio.excel.functions"
Private Const MACROS_MODULE As String = "xlportfolio.excel.macros"
Private Const SHARE_MODULE As String = "xlportfolio.share_button"
' Texts in the workbook's language stand in hidden names that begin so.
Private Const TEXT_PREFIX As String = "kp_text_"
' Functions that answer with a header row: of their answers, one cell alone is never kept.
Private Const WITH_HEADER As String = "|KP_SCORECARD|KP_EXPLAIN|KP_MOVEMENT|"
' Files that orders and customers can come from.
Private Const FILES As String = "*.csv;*.txt;*.tsv;*.xlsx;*.xlsm;*.xlsb;*.xls;*.ods;*.parquet"
' Characters that stay as they are on the way to Python, whatever command line they pass.
Private Const SAFE As String = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789:/._-"
' Python that does not start holds up each formula for a minute: it is left alone for this long.
Private Const PAUSE_IN_DAYS As Double = 5 / 24 / 60

' When Python was last asked to start without having done so since; 0 if it has.
Private unanswered As Double

' Answers a formula: calls the Python function of this name.
' Without Python the cell keeps what it showed if Excel lets us see that, else it says why.
Public Function KpCall(ByVal functionName As String, ByVal arguments As Variant) As Variant
    Dim reason As String
    Dim detail As String
    Dim server As Object
    Dim i As Long

    reason = KpObstacle(True)
    If reason = "" Then
        On Error GoTo Failed
        For i = LBound(arguments) To UBound(arguments)
            If IsObject(arguments(i)) Then Set arguments(i) = KpWithoutTotals(arguments(i))
        Next i
        ' an error inside Application.Run may end this procedure: so the attempt is noted before
        unanswered = CDbl(Now)
        Set server = Application.Run("'" & ADD_IN & "'!XLPy")
        unanswered = 0
        KpCall = server.CallUDF(FUNCTIONS_MODULE, functionName, arguments, ThisWorkbook, Application.Caller)
        Exit Function
    End If
    KpCall = KpKept(functionName, reason)
    Exit Function
Failed:
    detail = Err.Description
    KpCall = KpKept(functionName, KpText("python_failed") & " (" & detail & ")")
End Function

' Whether a button seems to reach Python; says why if it does not.
Public Function KpIsReady() As Boolean
    Dim reason As String

    reason = KpObstacle(False)
    If reason <> "" Then KpTell reason
    KpIsReady = (reason = "")
End Function

' Runs a macro of the ribbon in Python, with texts as further arguments if there are any.
' What Python says when it fails, xlwings shows.
Public Sub KpRun(ByVal macroName As String, Optional ByVal arguments As Variant, Optional ByVal moduleName As String = MACROS_MODULE)
    Dim detail As String
    Dim answer As Variant
    Dim literals As String

    If Not KpIsReady() Then Exit Sub
    On Error GoTo Failed
    If Not IsMissing(arguments) Then literals = KpLiterals(arguments)
    answer = Application.Run("'" & ADD_IN & "'!RunPython", _
        "import xlwings, " & moduleName & "; " & moduleName & "." & macroName & "(xlwings.Book.caller()" & literals & ")")
    If Not IsEmpty(answer) Then
        If answer = -1 Then
            KpTell KpText("python_failed")
            Exit Sub
        End If
    End If
    unanswered = 0
    Exit Sub
Failed:
    detail = Err.Description
    KpTell KpText("python_failed") & vbLf & vbLf & detail
End Sub

' Lets Python make the copy for others. It works on one that Excel saves meanwhile: so that holds what
' is not saved yet, and it does not matter where the workbook is kept.
Public Sub KpShareAs(ByVal target As String)
    Dim saved As String
    Dim detail As String

    On Error GoTo Failed
    saved = KpTemporary()
    ActiveWorkbook.SaveCopyAs saved
    On Error GoTo 0
    KpRun "share", Array(saved, target), SHARE_MODULE
    ' Python deletes what was saved, unless it did not start; on the Mac it is at work by now
    If Not KpIsMac() Then KpDelete saved
    Exit Sub
Failed:
    detail = Err.Description
    KpDelete saved
    KpTell KpText("copy_failed") & vbLf & vbLf & detail
End Sub

' Asks where a copy of the active workbook goes; nothing if that is cancelled. On the Mac such a
' window has no title and no filters.
Public Function KpSaveFile(ByVal title As String) As String
    Dim proposed As String
    Dim chosen As Variant

    proposed = Left$(ActiveWorkbook.Name, Len(ActiveWorkbook.Name) - Len(KpEnding()))
    proposed = proposed & " - " & KpText("copy") & ".xlsx"
    If KpIsMac() Then
        chosen = Application.GetSaveAsFilename(proposed)
    Else
        If ActiveWorkbook.Path <> "" And InStr(ActiveWorkbook.Path, "://") = 0 Then
            proposed = ActiveWorkbook.Path & Application.PathSeparator & proposed
        End If
        chosen = Application.GetSaveAsFilename(proposed, KpText("workbooks") & ",*.xlsx", 1, title)
    End If
    If VarType(chosen) = vbString Then KpSaveFile = chosen
End Function

' Asks for a file; nothing if none is chosen. On the Mac, where such a window has no title and other
' filters, a message says before which file is meant.
Public Function KpFile(ByVal title As String) As String
    Dim chosen As Variant

    If KpIsMac() Then
        KpTell title
        chosen = Application.GetOpenFilename()
    Else
        chosen = Application.GetOpenFilename( _
            KpText("tables") & "," & FILES & "," & KpText("all_files") & ",*.*", 1, title)
    End If
    If VarType(chosen) = vbString Then KpFile = chosen
End Function

' Whether the active workbook has a table of this name in which something stands.
Public Function KpHasRows(ByVal tableName As String) As Boolean
    Dim sheet As Object
    Dim table As Object

    For Each sheet In ActiveWorkbook.Worksheets
        For Each table In sheet.ListObjects
            If StrComp(table.Name, tableName, vbTextCompare) = 0 Then
                If Not table.DataBodyRange Is Nothing Then
                    KpHasRows = Application.CountA(table.DataBodyRange) > 0
                End If
            End If
        Next table
    Next sheet
End Function

' Shows a message to the user.
Public Sub KpTell(ByVal message As String)
    MsgBox message, vbInformation, KpText("title")
End Sub

' A text of ours in the workbook's language, its key where there is none.
Public Function KpText(ByVal key As String) As String
    Dim found As Variant

    KpText = key
    On Error Resume Next
    found = ThisWorkbook.Worksheets(1).Evaluate(TEXT_PREFIX & key)
    If VarType(found) = vbString Then KpText = found
End Function

' Why Python cannot be reached, in words; nothing if it seems to be there.
Private Function KpObstacle(ByVal isFormula As Boolean) As String
    Dim addIn As Object

    If isFormula And KpIsMac() Then
        KpObstacle = KpText("formulas_need_windows")
        Exit Function
    End If
    If isFormula And unanswered > 0 And CDbl(Now) - unanswered < PAUSE_IN_DAYS Then
        KpObstacle = KpText("python_failed")
        Exit Function
    End If
    On Error Resume Next
    Set addIn = Application.Workbooks(ADD_IN)
    On Error GoTo 0
    If addIn Is Nothing Then KpObstacle = KpText("add_in_missing")
End Function

Private Function KpIsMac() As Boolean
    KpIsMac = InStr(1, Application.OperatingSystem, "Mac", vbTextCompare) > 0
End Function

' A file that is not there, in a folder where Excel may write without asking.
Private Function KpTemporary() As String
    Dim folder As String
    Dim ending As String

    folder = Environ("TEMP")
    If KpIsMac() Then folder = Environ("TMPDIR")
    If folder = "" Then folder = Environ("HOME")
    If Right$(folder, 1) <> Application.PathSeparator Then folder = folder & Application.PathSeparator
    ending = KpEnding()
    If ending = "" Then ending = ".xlsx"
    KpTemporary = folder & "xlportfolio-" & Format(Now, "yyyymmdd") & "-" & CLng(Timer * 100) & ending
End Function

' The ending of the active workbook's name with its dot; a workbook that was never saved has none.
Private Function KpEnding() As String
    Dim dot As Long

    dot = InStrRev(ActiveWorkbook.Name, ".")
    If dot > 0 And ActiveWorkbook.Path <> "" Then KpEnding = Mid$(ActiveWorkbook.Name, dot)
End Function

Private Sub KpDelete(ByVal path As String)
    On Error Resume Next
    Kill path
End Sub

' Texts as further arguments of a call in Python; nothing if there are none.
Private Function KpLiterals(ByVal texts As Variant) As String
    Dim i As Long

    If Not IsArray(texts) Then Exit Function
    For i = LBound(texts) To UBound(texts)
        KpLiterals = KpLiterals & ", " & KpLiteral(texts(i))
    Next i
End Function

' A text as Python writes it, in ASCII and with nothing in it that a command line changes: quotes,
' percent signs, dollars, backslashes and letters of other alphabets by the number of their code.
Private Function KpLiteral(ByVal text As String) As String
    Dim i As Long
    Dim c As String

    For i = 1 To Len(text)
        c = Mid$(text, i, 1)
        If InStr(1, SAFE, c, vbBinaryCompare) = 0 Then
            c = "\u" & Right$("000" & Hex$(AscW(c)), 4)
        End If
        KpLiteral = KpLiteral & c
    Next i
    KpLiteral = "'" & KpLiteral & "'"
End Function

' What the calling cells showed before, as texts and marked as old, else the reason in words.
' The texts are read, not the values: a formula that asks for its own value is a circular
' reference. They stay texts: a rounded number must not pass for a computed one.
Private Function KpKept(ByVal functionName As String, ByVal reason As String) As Variant
    Dim area As Object
    Dim shown() As Variant
    Dim text As String
    Dim mark As String
    Dim r As Long
    Dim c As Long

    KpKept = "#KP! " & reason
    mark = " (" & KpText("not_recomputed") & ")"
    On Error GoTo NotSeen
    Set area = Application.Caller
    If Not KpIsWhole(area.Cells(1, 1).Formula, functionName) Then Exit Function
    If area.Cells.Count = 1 Then Set area = KpSpilled(area)
    If area.Cells.Count = 1 And InStr(WITH_HEADER, "|" & functionName & "|") > 0 Then Exit Function
    ReDim shown(1 To area.Rows.Count, 1 To area.Columns.Count)
    For r = 1 To area.Rows.Count
        For c = 1 To area.Columns.Count
            text = area.Cells(r, c).Text
            If Left$(text, 1) = "#" Then Exit Function
            shown(r, c) = text
        Next c
    Next r
    If shown(1, 1) = "" Then Exit Function
    If Right$(shown(1, 1), Len(mark)) <> mark Then shown(1, 1) = shown(1, 1) & mark
    KpKept = shown
NotSeen:
End Function

' Whether a cell shows what the one call of this function in it answers and nothing else:
' =KP_X(...) or =IF(..., KP_X(...)).
Private Function KpIsWhole(ByVal formula As String, ByVal functionName As String) As Boolean
    Dim start As Long
    Dim i As Long
    Dim depth As Long
    Dim level As Long
    Dim brackets As Long
    Dim head As String
    Dim c As String
    Dim quote As String

    start = InStr(1, formula, functionName & "(", vbTextCompare)
    If start = 0 Then Exit Function
    If InStr(start + 1, formula, functionName & "(", vbTextCompare) > 0 Then Exit Function
    head = Replace(Mid$(formula, 2, start - 2), "@", "")
    If head <> "" Then
        If Not (head Like "IF(*,") Then Exit Function
        level = 1
    End If
    For i = 2 To Len(formula)
        If i = start And depth <> level Then Exit Function
        c = Mid$(formula, i, 1)
        If quote <> "" Then
            If c = quote Then quote = ""
        ElseIf brackets > 0 And c = "'" Then
            i = i + 1
        ElseIf c = "[" Then
            brackets = brackets + 1
        ElseIf c = "]" Then
            brackets = brackets - 1
        ElseIf brackets = 0 Then
            If c = "'" Or c = """" Then quote = c
            If c = "(" Then depth = depth + 1
            If c = ")" Then
                depth = depth - 1
                If i < start And depth < level Then Exit Function
                If i > start And depth = level Then
                    KpIsWhole = (Mid$(formula, i + 1) = String$(level, ")"))
                    Exit Function
                End If
            End If
        End If
    Next i
End Function

' A table without its totals row, which [#All] includes although it is no data.
Private Function KpWithoutTotals(ByVal area As Object) As Object
    Set KpWithoutTotals = area
    On Error GoTo NoTable
    If area.ListObject.ShowTotals And area.Rows.Count > 1 Then
        If area.Row + area.Rows.Count = area.ListObject.Range.Row + area.ListObject.Range.Rows.Count Then
            Set KpWithoutTotals = area.Resize(area.Rows.Count - 1)
        End If
    End If
NoTable:
End Function

' The cells that a formula fills; the cell alone where Excel has no dynamic arrays.
Private Function KpSpilled(ByVal cell As Object) As Object
    Set KpSpilled = cell
    On Error GoTo NotSpilled
    If cell.HasSpill Then
        Set KpSpilled = cell.SpillingToRange
    End If
NotSpilled:
End Function
