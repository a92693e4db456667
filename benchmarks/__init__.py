"""The performance contract: `python -m benchmarks` builds a data set of its own, measures, prints.

Figures stand beside PostgreSQL's own floor, measured in the same run on the same connection
settings, because a figure alone says more about the machine than about the program. Nothing here
is a test: nothing fails when a target is missed, the table says by how much.

    SIZE=200000 python -m benchmarks [--rebuild] [--only PART …]

`SIZE` is the number of service records; everything else follows from it.
"""
