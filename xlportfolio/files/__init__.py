"""A closed workbook: read it, and write our sheets into it; everything else keeps its bytes."""
