"""The division tree of China: 12-digit statistical codes with dated names and parents.

A code is never reused. "Inside" is a range of codes, so facts need only their finest code.
Merges, splits and renames are a change log; `ranges` follows it, so that a count stays comparable
under the geography of any day.
"""
