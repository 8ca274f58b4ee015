"""From customers and orders of elsewhere to the table of the customers, for both hosts."""
