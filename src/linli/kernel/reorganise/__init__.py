"""Yearly reorganisations of areas as administrators go about them: a list is looked at with what it
touches, put into force as a whole, and taken back while nothing stands under its new codes."""
