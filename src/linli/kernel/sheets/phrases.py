from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

SENTENCES = {
    "sheets.import.opened": _("uploaded a file with {bytes} bytes"),
    "sheets.import.read": _("read the file: {sheets} sheets"),
    "sheets.import.refuse": _("could not read the file"),
    "sheets.import.check": _("began to check {rows} rows"),
    "sheets.import.end_check": _(
        "checked {total} rows: {accepted} can be imported, {refused} refused,"
        " {already} there already"
    ),
    "sheets.import.run": _("began to import {rows} rows"),
    "sheets.stored": _("imported rows {first} to {last}: {done} stored, {refused} refused"),
    "sheets.import.pause": _("paused the import"),
    "sheets.import.resume": _("went on with the import"),
    "sheets.import.stop": _("left the rest: {done} rows are imported"),
    "sheets.import.end": _("imported {done} rows, {refused} were refused"),
    "sheets.import.cancel": _("threw the import away"),
    "sheets.import.undo": _("began to take the import back"),
    "sheets.removed": _("took {removed} rows back, {kept} were kept"),
    "sheets.import.halt": _("stopped taking the import back"),
    "sheets.import.end_undo": _("took the import back: {removed} rows gone, {kept} kept"),
    "sheets.downloaded": _("downloaded the sheet with its errors: {rows} rows"),
    "sheets.expired": _("deleted the file"),
}

# Why a file is not taken, by the code of the reader.
UNREADABLE: dict[str, Promise] = {
    "empty": _("There is nothing in this file."),
    "size": _("This file is larger than 5 MB. Divide it into several files."),
    "large": _("There is too much in this file. Divide it into several files."),
    "bomb": _(
        "This file unpacks to far more than it should. Open it in your spreadsheet program and"
        " save it anew."
    ),
    "nested": _("There are archives inside this file. Save the sheet alone."),
    "unfit": _(
        "This file is put together in a way no spreadsheet program does. Save it anew as .xlsx."
    ),
    "locked": _("This file is protected by a password. Save it without one."),
    "sparse": _(
        "A sheet reaches far beyond its last row. Delete the empty rows and columns, and save it."
    ),
    "broken": _("This file is damaged or is no spreadsheet. Save it anew as .xlsx."),
    "not_a_sheet": _(
        "This is not a spreadsheet. Take a file that ends in .xlsx, .xls, .ods or .csv."
    ),
    "sheets": _("This file has more than 20 sheets."),
    "rows": _("A sheet has more than 20,000 rows. Divide it into several files."),
    "columns": _("A sheet has more than 200 columns."),
    "slow": _("Reading this file took too long. Save it anew as .xlsx, or divide it."),
}
