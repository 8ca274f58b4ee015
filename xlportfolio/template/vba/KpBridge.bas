Attribute VB_Name = "KpBridge"
Option Explicit

' The only module that knows xlwings. It binds late: a reference to the add-in would break every
' macro of this workbook for whoever does not have it.

Private Const ADD_IN As String = "xlwings.xlam"
Private Const FUNCTIONS_MODULE As String = "xlportfolio.excel.functions"
Private Const MACROS_MODULE As String = "xlportfolio.excel.macros"
' Texts in the workbook's language stand in hidden names that begin so.
Private Const TEXT_PREFIX As String = "kp_text_"

' Answers a formula: calls the Python function of this name.
' Without Python the cell keeps what it showed if Excel lets us see that, else it says why.
Public Function KpCall(ByVal functionName As String, ByVal arguments As Variant) As Variant
    Dim reason As String
    Dim server As Object

    reason = KpObstacle(True)
    If reason = "" Then
        On Error GoTo Failed
        Set server = Application.Run("'" & ADD_IN & "'!XLPy")
        KpCall = server.CallUDF(FUNCTIONS_MODULE, functionName, arguments, ThisWorkbook, Application.Caller)
        Exit Function
    End If
    KpCall = KpKept("#KP! " & reason)
    Exit Function
Failed:
    KpCall = KpKept("#KP! " & KpText("python_failed") & " (" & Err.Description & ")")
End Function

' Runs a macro of the ribbon in Python.
Public Sub KpRun(ByVal macroName As String)
    Dim reason As String

    reason = KpObstacle(False)
    If reason <> "" Then
        KpTell reason
        Exit Sub
    End If
    On Error GoTo Failed
    Application.Run "'" & ADD_IN & "'!RunPython", _
        "import xlwings, " & MACROS_MODULE & "; " & MACROS_MODULE & "." & macroName & "(xlwings.Book.caller())"
    Exit Sub
Failed:
    KpTell KpText("python_failed") & vbLf & vbLf & Err.Description
End Sub

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

    If isFormula And InStr(1, Application.OperatingSystem, "Mac", vbTextCompare) > 0 Then
        KpObstacle = KpText("formulas_need_windows")
        Exit Function
    End If
    On Error Resume Next
    Set addIn = Application.Workbooks(ADD_IN)
    On Error GoTo 0
    If addIn Is Nothing Then KpObstacle = KpText("add_in_missing")
End Function

' What the calling cells showed before, else the words. Their texts are read, not their values:
' a function that asks for its own value is a circular reference.
Private Function KpKept(ByVal words As String) As Variant
    Dim area As Object
    Dim shown() As Variant
    Dim r As Long
    Dim c As Long

    KpKept = words
    On Error GoTo NotSeen
    Set area = Application.Caller
    If area.CountLarge = 1 Then Set area = KpSpilled(area)
    If area.Cells(1, 1).Text = "" Or Left$(area.Cells(1, 1).Text, 1) = "#" Then Exit Function
    ReDim shown(1 To area.Rows.Count, 1 To area.Columns.Count)
    For r = 1 To area.Rows.Count
        For c = 1 To area.Columns.Count
            shown(r, c) = KpNumberOrText(area.Cells(r, c).Text)
        Next c
    Next r
    KpKept = shown
NotSeen:
End Function

' The cells that a formula fills; the cell alone where Excel has no dynamic arrays.
Private Function KpSpilled(ByVal cell As Object) As Object
    Set KpSpilled = cell
    On Error Resume Next
    If cell.HasSpill Then Set KpSpilled = cell.SpillingToRange
End Function

' A number that a cell shows as a number again; what begins with a needless 0 is a text.
Private Function KpNumberOrText(ByVal shown As String) As Variant
    KpNumberOrText = shown
    If shown Like "0#*" Then Exit Function
    If IsNumeric(shown) Then KpNumberOrText = CDbl(shown)
End Function
