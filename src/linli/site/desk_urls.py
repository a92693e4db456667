from django.urls import path

from .views.home import home, waiting
from .views.keys import keys
from .views.search import search
from .views.statistics import statistics

app_name = "site"
urlpatterns = [
    path("", home, name="home"),
    path("waiting/", waiting, name="waiting"),
    path("search/", search, name="search"),
    path("keys/", keys, name="keys"),
    path("statistics/", statistics, name="statistics"),
]
