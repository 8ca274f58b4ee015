Attribute VB_Name = "KpRibbon"
Option Explicit

' What the tab in the ribbon and the buttons on the first sheet call: one macro each.
' The callbacks take the ribbon's control, which they do not need, as an Object: so no reference
' to the Office library is needed. With two such workbooks open, Excel may run those of the other
' one: so all work on the active workbook, as xlwings' RunPython does.

Public Sub KpRescore()
    KpBridge.KpRun "rescore"
End Sub

Public Sub KpCheck()
    KpBridge.KpRun "check"
End Sub

Public Sub KpExplain()
    KpBridge.KpRun "explain"
End Sub

' From the table of orders where it has rows, else from a file that is asked for.
Public Sub KpFromOrders()
    Dim orders As String

    If KpBridge.KpHasRows("tblOrders") Then
        KpBridge.KpRun "from_orders"
        Exit Sub
    End If
    If Not KpBridge.KpIsReady() Then Exit Sub
    orders = KpBridge.KpFile(KpBridge.KpText("orders_file"))
    If orders <> "" Then KpBridge.KpRun "from_orders", Array(orders)
End Sub

' Either file may be left out.
Public Sub KpImport()
    Dim customers As String
    Dim orders As String

    If Not KpBridge.KpIsReady() Then Exit Sub
    customers = KpBridge.KpFile(KpBridge.KpText("customers_file"))
    orders = KpBridge.KpFile(KpBridge.KpText("orders_file"))
    If customers <> "" Or orders <> "" Then
        KpBridge.KpRun "import_customers", Array(customers, orders)
    End If
End Sub

Public Sub KpWeights()
    KpBridge.KpRun "weights"
End Sub

Public Sub KpTakeWeights()
    KpBridge.KpRun "take_weights"
End Sub

Public Sub KpShare()
    Dim target As String

    If Not KpBridge.KpIsReady() Then Exit Sub
    target = KpBridge.KpSaveFile(KpBridge.KpText("share_file"))
    If target <> "" Then KpBridge.KpShareAs target
End Sub

Public Sub KpHistory()
    KpBridge.KpRun "history"
End Sub

Public Sub KpSettings()
    KpShow "tblSettings"
End Sub

Public Sub KpHelp()
    Dim sheet As Object

    For Each sheet In ActiveWorkbook.Worksheets
        If sheet.CodeName = "SheetStart" Then sheet.Activate
    Next sheet
End Sub

Public Sub KpOnRescore(ByVal control As Object)
    KpRescore
End Sub

Public Sub KpOnCheck(ByVal control As Object)
    KpCheck
End Sub

Public Sub KpOnExplain(ByVal control As Object)
    KpExplain
End Sub

Public Sub KpOnFromOrders(ByVal control As Object)
    KpFromOrders
End Sub

Public Sub KpOnImport(ByVal control As Object)
    KpImport
End Sub

Public Sub KpOnWeights(ByVal control As Object)
    KpWeights
End Sub

Public Sub KpOnTakeWeights(ByVal control As Object)
    KpTakeWeights
End Sub

Public Sub KpOnShare(ByVal control As Object)
    KpShare
End Sub

Public Sub KpOnHistory(ByVal control As Object)
    KpHistory
End Sub

Public Sub KpOnSettings(ByVal control As Object)
    KpSettings
End Sub

Public Sub KpOnHelp(ByVal control As Object)
    KpHelp
End Sub

' Brings the sheet to the front on which a table stands, whatever it is called.
Private Sub KpShow(ByVal tableName As String)
    Dim sheet As Object
    Dim table As Object

    For Each sheet In ActiveWorkbook.Worksheets
        For Each table In sheet.ListObjects
            If table.Name = tableName Then
                sheet.Activate
                Exit Sub
            End If
        Next table
    Next sheet
End Sub
