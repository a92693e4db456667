from django.urls import path

from . import views

app_name = "portal"

urlpatterns = [
    path("", views.start, name="start"),
    path("ask/where/", views.where, name="where"),
    path("ask/what/", views.what, name="what"),
    path("ask/reach/", views.reach, name="reach"),
    path("ask/receipt/", views.receipt, name="receipt"),
    path("follow/", views.follow, name="follow"),
    path("follow/status/", views.status, name="status"),
    path("follow/add/", views.add, name="add"),
    path("follow/verdict/", views.verdict, name="verdict"),
    path("follow/reopen/", views.reopen, name="reopen"),
    path("follow/withdraw/", views.withdraw, name="withdraw"),
    path("follow/close/", views.close, name="close"),
    path("stations/", views.stations, name="stations"),
    path("privacy/", views.privacy, name="privacy"),
]
