"""Pages: base templates, components, and the registries by which rooms add to one another.

Navigation places, panels on another room's page, duty lines and search sources are registered in
a room's `panels.py`; verb buttons come from the flow.
"""
