"""Pure functions and small values that know no model, no request and no database.

Codes and check digits, ids, the working calendar, names, spreadsheets. Nothing here imports Django
or another part of Linli, so everything can be used and tested alone.
"""
