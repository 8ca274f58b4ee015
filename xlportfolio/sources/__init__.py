"""Where customers and orders come from: text files, workbooks, Parquet, databases."""
