from django.urls import path

from . import views

app_name = "dispatch"

urlpatterns = [
    path("", views.order_list, name="list"),
    path("board/", views.board, name="board"),
    path("<uuid:order_id>/", views.order_page, name="order"),
    path("<uuid:order_id>/dispatch/", views.dispatch, name="dispatch"),
    path("<uuid:order_id>/arbitrate/", views.arbitrate, name="arbitrate"),
    path("<uuid:order_id>/transfer/", views.transfer, name="transfer"),
    path("<uuid:order_id>/accept/", views.accept, name="accept"),
    path("<uuid:order_id>/return/", views.return_, name="return"),
    path("<uuid:order_id>/assign/", views.assign, name="assign"),
    path("<uuid:order_id>/person/", views.name_person, name="name_person"),
    path("<uuid:order_id>/serve/", views.serve, name="serve"),
    path("<uuid:order_id>/finish/", views.finish, name="finish"),
    path("<uuid:order_id>/follow-up/", views.follow_up, name="follow_up"),
    path("<uuid:order_id>/say/", views.say, name="say"),
    path("<uuid:order_id>/close/", views.close, name="close"),
    path("<uuid:order_id>/urge/", views.urge, name="urge"),
    path("<uuid:order_id>/reopen/", views.reopen, name="reopen"),
    path("<uuid:order_id>/withdraw/", views.withdraw, name="withdraw"),
]
