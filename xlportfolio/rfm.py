"""Recency, frequency, monetary: scores by fixed bounds or by quantiles."""
