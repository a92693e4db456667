"""Every subscription of one room to another room's events stands here, and only here."""

from linli.dispatch import actions as orders
from linli.dispatch import events as dispatch
from linli.dispatch.enums import OrderState
from linli.intake import actions as intake
from linli.intake import events as requests
from linli.intake.enums import RequestState
from linli.intake.queries import request_of
from linli.kernel.accounts.actors import system
from linli.kernel.accounts.events import PostEnded
from linli.kernel.flow.publish import subscribe
from linli.people import events as people
from linli.services import actions as services
from linli.services import events as recorded

from . import announced, handover, leaving

JOINED = "intake.part_joined"


def _request_follows_order(event: dispatch.OrderHandedOver) -> None:
    intake.follow_order(order_id=event.order_id, unit_id=event.unit_id)


def _joined_requests_come_back(event: requests.RequestEnded) -> None:
    """Whoever ended the one request does nothing to the others: that follows by itself."""
    actor = system(JOINED, now=event.actor.now)
    intake.part_joined(event.request_id, actor=actor, ended=event.state)


def _so_they_do_when_its_order_is_withdrawn(event: dispatch.OrderEnded) -> None:
    request_id = request_of(event.order_id) if event.state == OrderState.WITHDRAWN else None
    if request_id is not None:
        actor = system(JOINED, now=event.actor.now)
        intake.part_joined(request_id, actor=actor, ended=RequestState.WITHDRAWN)


def _work_goes_back_to_the_station(event: PostEnded) -> None:
    leaving.hand_back(user_id=event.user_id, unit_id=event.unit_id, last_day=event.on)


def _facts_follow_the_file(event: people.PersonsMerged) -> None:
    services.join_recipients(kept=event.kept, absorbed=event.absorbed)
    orders.join_orders(kept=event.kept, absorbed=event.absorbed)


def _facts_go_back(event: people.MergeUndone) -> None:
    services.part_recipients(absorbed=event.absorbed, kept=event.kept, files=event.files)
    orders.part_orders(absorbed=event.absorbed, files=event.files)
    handover.stop_reading(event.kept, actor=event.actor)


def _who_kept_a_file_ends_its_orders(event: people.FileHandedOver) -> None:
    handover.keep_reading(event.person_id, left=event.left, actor=event.actor)


def _and_then_no_longer_reads_it(event: dispatch.OrderHandedOver | dispatch.OrderEnded) -> None:
    handover.order_went_on(event.order_id, actor=event.actor)


def connect() -> None:
    announced.declare_kinds()
    subscribe(dispatch.OrderHandedOver, announced.order_handed_over)
    subscribe(dispatch.OrderEnded, announced.order_ended)
    subscribe(requests.RequestRegistered, announced.request_registered)
    subscribe(requests.RequestEnded, announced.request_ended)
    subscribe(recorded.ServiceRecorded, announced.service_recorded)
    subscribe(dispatch.OrderHandedOver, _request_follows_order)
    subscribe(requests.RequestEnded, _joined_requests_come_back)
    subscribe(dispatch.OrderEnded, _so_they_do_when_its_order_is_withdrawn)
    subscribe(people.PersonsMerged, _facts_follow_the_file)
    subscribe(people.MergeUndone, _facts_go_back)
    subscribe(people.FileHandedOver, _who_kept_a_file_ends_its_orders)
    subscribe(dispatch.OrderHandedOver, _and_then_no_longer_reads_it)
    subscribe(dispatch.OrderEnded, _and_then_no_longer_reads_it)
    subscribe(PostEnded, _work_goes_back_to_the_station)
