"""The workbooks to start from: how they are built, their macros and sample, and themselves."""
