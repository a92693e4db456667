"""Linli (邻里): the platform on which grassroots social work runs, from village to nation."""

__version__ = "0.1.0.dev0"
