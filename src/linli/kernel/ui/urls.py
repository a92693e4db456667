from django.urls import path

from . import views

app_name = "ui"
urlpatterns = [
    path("preferences/", views.preferences, name="preferences"),
    path("post/", views.switch_post, name="switch_post"),
    path("areas/", views.area_search, name="area_search"),
]
