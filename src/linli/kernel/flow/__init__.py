"""Flow: states are data, and there is one door.

A life cycle is a table of moves. `Flow.move` asks the permission, swaps the state if nobody was
faster, writes the timeline, stops and starts the clock of the tier that holds the matter, and
opens or closes the duties that say who must do what by when; all in one transaction.
"""
