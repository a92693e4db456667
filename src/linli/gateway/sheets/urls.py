from django.urls import path

from . import views

app_name = "imports"
urlpatterns = [
    path("", views.imports, name="list"),
    path("new/", views.new, name="new"),
    path("template/<slug:kind>/", views.template, name="template"),
    path("<uuid:import_id>/", views.one, name="one"),
    path("<uuid:import_id>/mapping/", views.mapping, name="mapping"),
    path("<uuid:import_id>/marked/", views.marked, name="marked"),
    path("<uuid:import_id>/run/", views.run, name="run"),
    path("<uuid:import_id>/pause/", views.pause, name="pause"),
    path("<uuid:import_id>/resume/", views.resume, name="resume"),
    path("<uuid:import_id>/stop/", views.stop, name="stop"),
    path("<uuid:import_id>/cancel/", views.cancel, name="cancel"),
    path("<uuid:import_id>/undo/", views.undo, name="undo"),
]
