"""What the button Share calls, which works on a copy of the open workbook that VBA has saved."""
