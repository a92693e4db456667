"""Dispatch: the order from the county centre to a station and its worker, until it is closed.

States: pending → dispatched → accepted → serving → done → followed up → closed; returned orders
go back to pending, after the second return to arbitration; withdrawn and reopened at the side.
Owns the invariants that an order is at one tier at a time, that time lost by a return is charged
to the station that returned it, and that an order sent by arbitration cannot be returned again.
"Closed" says that the matter ended, never that it helped: that is the resident's verdict. Public
face: actions, queries, enums, events, policies.
"""
