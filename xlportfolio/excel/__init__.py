"""A live workbook in Excel, through xlwings: functions for cells, and what the ribbon calls."""
