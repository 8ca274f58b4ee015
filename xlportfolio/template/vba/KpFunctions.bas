Attribute VB_Name = "KpFunctions"
Option Explicit

' Made by "python -m xlportfolio.template.build" from what xlportfolio/excel/functions.py names:
' change it there. One wrapper for each function that formulas may call; KpBridge does the rest.

Public Function KP_ABC(ByVal amounts As Variant, Optional ByVal a As Variant, Optional ByVal b As Variant) As Variant
    KP_ABC = KpBridge.KpCall("KP_ABC", Array(amounts, a, b))
End Function

Public Function KP_AHP_CONSISTENCY(ByVal pairwise As Variant) As Variant
    KP_AHP_CONSISTENCY = KpBridge.KpCall("KP_AHP_CONSISTENCY", Array(pairwise))
End Function

Public Function KP_AHP_WEIGHTS(ByVal pairwise As Variant) As Variant
    KP_AHP_WEIGHTS = KpBridge.KpCall("KP_AHP_WEIGHTS", Array(pairwise))
End Function

Public Function KP_CRITIC_WEIGHTS(ByVal matrix As Variant, Optional ByVal objectives As Variant) As Variant
    KP_CRITIC_WEIGHTS = KpBridge.KpCall("KP_CRITIC_WEIGHTS", Array(matrix, objectives))
End Function

Public Function KP_ENTROPY_WEIGHTS(ByVal matrix As Variant) As Variant
    KP_ENTROPY_WEIGHTS = KpBridge.KpCall("KP_ENTROPY_WEIGHTS", Array(matrix))
End Function

Public Function KP_EXPLAIN(ByVal customer_id As Variant, ByVal customers As Variant, ByVal criteria As Variant, Optional ByVal settings As Variant) As Variant
    KP_EXPLAIN = KpBridge.KpCall("KP_EXPLAIN", Array(customer_id, customers, criteria, settings))
End Function

Public Function KP_MOVEMENT(ByVal customer_id As Variant, ByVal history As Variant) As Variant
    KP_MOVEMENT = KpBridge.KpCall("KP_MOVEMENT", Array(customer_id, history))
End Function

Public Function KP_QUADRANT(ByVal value_score As Variant, ByVal benefit_score As Variant, Optional ByVal value_threshold As Variant, Optional ByVal benefit_threshold As Variant, Optional ByVal language As Variant) As Variant
    KP_QUADRANT = KpBridge.KpCall("KP_QUADRANT", Array(value_score, benefit_score, value_threshold, benefit_threshold, language))
End Function

Public Function KP_RANK(ByVal scores As Variant) As Variant
    KP_RANK = KpBridge.KpCall("KP_RANK", Array(scores))
End Function

Public Function KP_RANK_SUM_WEIGHTS(ByVal ranks As Variant) As Variant
    KP_RANK_SUM_WEIGHTS = KpBridge.KpCall("KP_RANK_SUM_WEIGHTS", Array(ranks))
End Function

Public Function KP_ROC_WEIGHTS(ByVal ranks As Variant) As Variant
    KP_ROC_WEIGHTS = KpBridge.KpCall("KP_ROC_WEIGHTS", Array(ranks))
End Function

Public Function KP_SCORE(ByVal headers As Variant, ByVal measures As Variant, ByVal criteria As Variant, ByVal axis As Variant) As Variant
    KP_SCORE = KpBridge.KpCall("KP_SCORE", Array(headers, measures, criteria, axis))
End Function

Public Function KP_SCORECARD(ByVal customers As Variant, ByVal criteria As Variant, Optional ByVal settings As Variant) As Variant
    KP_SCORECARD = KpBridge.KpCall("KP_SCORECARD", Array(customers, criteria, settings))
End Function

Public Function KP_SHARE_OF_WALLET(ByVal own_sales As Variant, ByVal customer_demand As Variant) As Variant
    KP_SHARE_OF_WALLET = KpBridge.KpCall("KP_SHARE_OF_WALLET", Array(own_sales, customer_demand))
End Function

Public Function KP_STRATEGY(ByVal quadrant As Variant, Optional ByVal status As Variant, Optional ByVal language As Variant) As Variant
    KP_STRATEGY = KpBridge.KpCall("KP_STRATEGY", Array(quadrant, status, language))
End Function

Public Function KP_SWING_WEIGHTS(ByVal points As Variant) As Variant
    KP_SWING_WEIGHTS = KpBridge.KpCall("KP_SWING_WEIGHTS", Array(points))
End Function

Public Function KP_TOPSIS(ByVal matrix As Variant, ByVal weights As Variant, Optional ByVal objectives As Variant) As Variant
    KP_TOPSIS = KpBridge.KpCall("KP_TOPSIS", Array(matrix, weights, objectives))
End Function

Public Function KP_VALUE(ByVal measure As Variant, ByVal criterion As Variant, ByVal criteria As Variant) As Variant
    KP_VALUE = KpBridge.KpCall("KP_VALUE", Array(measure, criterion, criteria))
End Function

Public Function KP_WEIGHTED_SCORE(ByVal values As Variant, ByVal weights As Variant) As Variant
    KP_WEIGHTED_SCORE = KpBridge.KpCall("KP_WEIGHTED_SCORE", Array(values, weights))
End Function
