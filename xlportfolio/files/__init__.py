"""A closed workbook: read it, and write our sheets into it while everything else keeps its bytes."""
