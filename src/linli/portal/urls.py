from django.urls import path

from .views import ask, follow, stations

app_name = "portal"
urlpatterns = [
    path("", ask.start, name="start"),
    path("ask/where/", ask.where, name="where"),
    path("ask/what/", ask.what, name="what"),
    path("ask/reach/", ask.reach, name="reach"),
    path("ask/receipt/", ask.receipt, name="receipt"),
    path("follow/", follow.follow, name="follow"),
    path("follow/status/", follow.status, name="status"),
    path("follow/add/", follow.add, name="add"),
    path("follow/verdict/", follow.verdict, name="verdict"),
    path("follow/reopen/", follow.reopen, name="reopen"),
    path("follow/withdraw/", follow.withdraw, name="withdraw"),
    path("follow/urge/", follow.urge, name="urge"),
    path("follow/close/", follow.close, name="close"),
    path("stations/", stations.stations, name="stations"),
    path("privacy/", stations.privacy, name="privacy"),
]
