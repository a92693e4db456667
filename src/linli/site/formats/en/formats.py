"""English: one way to write a day, as beside times and in sentences."""

DATE_FORMAT = "j F Y"
