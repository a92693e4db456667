"""Units: who acts. Centres, stations, rooms, agencies and departments with their parents.

A unit belongs to a competent body (social work department, civil affairs or both: data, not code)
and may serve several areas, or share one with another unit.
"""
