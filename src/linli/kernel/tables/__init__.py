"""Tables: a list is declared once as columns, filters and a sort key.

From the declaration come the page, the partial that htmx swaps, the total, the query that stays in
the address, and the Excel export. Pages are cut by key, never by counting off rows.
"""

from .declare import Cell, Column, Filter, Table
from .paging import Page, page_of, total_text

__all__ = ["Cell", "Column", "Filter", "Page", "Table", "page_of", "total_text"]
