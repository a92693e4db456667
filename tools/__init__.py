"""Programs for people who work on Linli; none of them is part of the installed package."""
