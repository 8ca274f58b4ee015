Attribute VB_Name = "KpFunctions"
Option Explicit

' Made by "python -m xlportfolio.template.build" from xlportfolio/excel/functions.py: change it
' there. One wrapper for each function that formulas may call; KpBridge does the rest.

Public Function KP_SCORE(ByVal headers As Variant, ByVal measures As Variant, ByVal criteria As Variant, ByVal axis As Variant) As Variant
    KP_SCORE = KpBridge.KpCall("KP_SCORE", Array(headers, measures, criteria, axis))
End Function

Public Function KP_QUADRANT(ByVal value_score As Variant, ByVal benefit_score As Variant, Optional ByVal value_threshold As Variant, Optional ByVal benefit_threshold As Variant, Optional ByVal language As Variant) As Variant
    KP_QUADRANT = KpBridge.KpCall("KP_QUADRANT", Array(value_score, benefit_score, value_threshold, benefit_threshold, language))
End Function

Public Function KP_SCORECARD(ByVal customers As Variant, ByVal criteria As Variant, Optional ByVal settings As Variant) As Variant
    KP_SCORECARD = KpBridge.KpCall("KP_SCORECARD", Array(customers, criteria, settings))
End Function

Public Function KP_EXPLAIN(ByVal customer_id As Variant, ByVal customers As Variant, ByVal criteria As Variant, Optional ByVal settings As Variant) As Variant
    KP_EXPLAIN = KpBridge.KpCall("KP_EXPLAIN", Array(customer_id, customers, criteria, settings))
End Function
