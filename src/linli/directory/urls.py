from django.urls import path

from . import views

app_name = "directory"
urlpatterns = [
    path("", views.sites, name="list"),
    path("new/", views.new, name="new"),
    path("agencies/", views.agencies, name="agencies"),
    path("agencies/<uuid:organisation_id>/", views.agency, name="agency"),
    path("agencies/<uuid:organisation_id>/edit/", views.agency_edit, name="agency_edit"),
    path("agencies/new/", views.agency_new, name="agency_new"),
    path("coverage/", views.coverage, name="coverage"),
    path("<uuid:site_id>/", views.site, name="site"),
    path("<uuid:site_id>/edit/", views.edit, name="edit"),
    path("<uuid:site_id>/close/", views.close, name="close"),
    path("<uuid:site_id>/hours/", views.hours, name="hours"),
]
