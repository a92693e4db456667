from django.urls import path

from .views import audit

app_name = "audit"
urlpatterns = [
    path("", audit.workers, name="workers"),
    path("find/", audit.find, name="find"),
    path("person/<uuid:person_id>/", audit.person, name="person"),
    path("request/<uuid:request_id>/", audit.request_, name="request"),
    path("worker/<uuid:user_id>/", audit.worker, name="worker"),
]
