from django.urls import path

from . import views

app_name = "intake"

urlpatterns = [
    path("", views.request_list, name="list"),
    path("find/", views.find, name="find"),
    path("new/", views.new, name="new"),
    path("receipt/", views.receipt, name="receipt"),
    path("<uuid:request_id>/", views.request_page, name="request"),
    path("<uuid:request_id>/accept/", views.accept, name="accept"),
    path("<uuid:request_id>/inform/", views.inform, name="inform"),
    path("<uuid:request_id>/refer/", views.refer, name="refer"),
    path("<uuid:request_id>/refuse/", views.refuse, name="refuse"),
    path("<uuid:request_id>/merge/", views.merge, name="merge"),
    path("<uuid:request_id>/reopen/", views.reopen, name="reopen"),
    path("<uuid:request_id>/withdraw/", views.withdraw, name="withdraw"),
]
