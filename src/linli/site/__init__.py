"""The composition root: settings, urls, wiring, the command line, checks and demo data.

Everything may be imported here and nothing imports from here.
"""
