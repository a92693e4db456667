from django.urls import path

from .views import areas

app_name = "areas"
urlpatterns = [
    path("", areas.areas, name="list"),
    path("import/", areas.bring, name="import"),
    path("reorganisations/<uuid:record_id>/", areas.reorganisation, name="reorganisation"),
    path("reorganisations/<uuid:record_id>/apply/", areas.put_into_force, name="apply"),
    path("reorganisations/<uuid:record_id>/take-back/", areas.take_back, name="take_back"),
]
