from django.urls import path

from .views import facts, file, listing, registering

app_name = "people"
urlpatterns = [
    path("", listing.people, name="list"),
    path("find/", listing.find, name="find"),
    path("pick/", listing.pick, name="pick"),
    path("new/", registering.new, name="new"),
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
