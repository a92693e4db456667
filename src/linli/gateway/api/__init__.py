"""API v1: one module for each room, all of the same shape.

A module declares its `Door`, then the schemas of what it gives (`…Out`) and takes (`…In`), then the
operations: read the row through the room's queries, check what a schema cannot, call one action.
"""
