"""Where customers and orders come from: text files, workbooks, Parquet, databases.

``orders`` and ``customers`` open a source; ``text``, ``sheets`` and ``database`` read one kind
each; ``synonyms`` matches headers, ``numerals`` and ``days`` decide over whole columns how numbers
and dates are written, and ``reading`` says what was found out.
"""

from xlportfolio.sources.customers import read_customers
from xlportfolio.sources.orders import open_orders, orders_of
from xlportfolio.sources.reading import DateOrder, Kind, Reading

__all__ = ["DateOrder", "Kind", "Reading", "open_orders", "orders_of", "read_customers"]
