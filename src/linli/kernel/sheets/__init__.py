"""Sheets: registers that come as spreadsheets, read far away from everything else.

A room declares a kind of sheet (`declare`), `reading` takes a file apart in a limited process that
can open nothing, and an import leads its rows through mapping, trial and run, each row through the
room's own form and action. `accepted + refused + already there = total` holds at every moment; a
run goes on where it was killed, and can be taken back as a whole.
"""
