from django.urls import path

from .views import facts, file, handling, listing, registering

app_name = "people"
urlpatterns = [
    path("", listing.people, name="list"),
    path("find/", listing.find, name="find"),
    path("pick/", listing.pick, name="pick"),
    path("new/", registering.new, name="new"),
    path("duplicates/", handling.duplicates, name="duplicates"),
    path("duplicates/<uuid:duplicate_id>/", handling.duplicate, name="duplicate"),
    path("duplicates/<uuid:duplicate_id>/join/", handling.join, name="join"),
    path("duplicates/<uuid:duplicate_id>/part/", handling.part, name="part"),
    path("duplicates/<uuid:duplicate_id>/consult/", handling.consult, name="consult"),
    path("duplicates/<uuid:duplicate_id>/answer/", handling.answer, name="answer"),
    path("duplicates/<uuid:duplicate_id>/undo/", handling.undo, name="undo"),
    path("moves/<uuid:moving_id>/", handling.moving, name="moving"),
    path("moves/<uuid:moving_id>/accept/", handling.accept, name="accept"),
    path("moves/<uuid:moving_id>/refuse/", handling.refuse, name="refuse"),
    path("moves/<uuid:moving_id>/withdraw/", handling.withdraw_move, name="withdraw_move"),
    path("<uuid:person_id>/move/", handling.move, name="move"),
    path("<uuid:person_id>/close/", handling.close, name="close"),
    path("<uuid:person_id>/reopen/", handling.reopen, name="reopen"),
    path("<uuid:person_id>/", file.person, name="person"),
    path("<uuid:person_id>/reveal/", file.reveal, name="reveal"),
    path("<uuid:person_id>/edit/", registering.edit, name="edit"),
    path("<uuid:person_id>/category/", facts.add_category, name="add_category"),
    path(
        "<uuid:person_id>/category/<uuid:category_id>/end/",
        facts.end_category,
        name="end_category",
    ),
    path("<uuid:person_id>/household/", facts.join_household, name="join_household"),
    path("<uuid:person_id>/household/leave/", facts.leave_household, name="leave_household"),
    path("<uuid:person_id>/basis/", facts.add_basis, name="add_basis"),
    path("<uuid:person_id>/basis/<uuid:basis_id>/withdraw/", facts.withdraw, name="withdraw"),
]
