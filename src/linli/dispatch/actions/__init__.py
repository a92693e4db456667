"""The verbs on an order, by what they are about: its route, the work on it, its outcome."""

from .outcomes import (
    add_verdict,
    close_order,
    follow_up_order,
    take_verdict,
)
from .persons import join_orders, part_orders
from .routes import (
    NUMBER_PREFIX,
    arbitrate_order,
    dispatch_order,
    open_order,
    reopen_order,
    return_order,
    transfer_order,
    urge_order,
    withdraw_order,
)
from .work import (
    NoPost,
    accept_order,
    assign_order,
    finish_order,
    name_person,
    release_order,
    release_orders,
    serve_order,
)

__all__ = [
    "NUMBER_PREFIX",
    "NoPost",
    "accept_order",
    "add_verdict",
    "arbitrate_order",
    "assign_order",
    "close_order",
    "dispatch_order",
    "finish_order",
    "follow_up_order",
    "join_orders",
    "name_person",
    "open_order",
    "part_orders",
    "release_order",
    "release_orders",
    "reopen_order",
    "return_order",
    "serve_order",
    "take_verdict",
    "transfer_order",
    "urge_order",
    "withdraw_order",
]
