from django.urls import path

from . import views

app_name = "services"
urlpatterns = [
    path("", views.services, name="list"),
    path("new/", views.new, name="new"),
    path("<uuid:service_id>/", views.service, name="service"),
    path("<uuid:service_id>/correct/", views.correct, name="correct"),
]
