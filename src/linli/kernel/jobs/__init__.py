"""Jobs: work done after the answer, enqueued in the same transaction as its cause.

Arguments are ids only, handlers can run twice without harm, and a killed worker loses nothing:
the job is still in the database.
"""
