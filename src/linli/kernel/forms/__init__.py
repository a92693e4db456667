"""Forms: field types with the field's own checks, and drafts so that nothing typed is lost.

A form validates and is kind; the action decides.
"""
