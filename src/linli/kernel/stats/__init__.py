"""Statistics: exact at the instant of commit, inside the viewer's permission.

A room declares a Measure over one fact table. Statement-level triggers write delta rows in the
fact's own transaction, whoever writes it; a job folds deltas into the cube of city, province and
nation; a read takes cube and deltas in one statement. County and below are counted from the facts.
"""
