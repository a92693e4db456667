"""Portal: the public pages. Ask for help, follow a receipt, say whether it helped, find a station.

Works without JavaScript and without an account; a face that owns no data.
"""
