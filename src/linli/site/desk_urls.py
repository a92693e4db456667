from django.urls import path

from .views.home import home, waiting
from .views.search import search
from .views.statistics import statistics

app_name = "site"
urlpatterns = [
    path("", home, name="home"),
    path("waiting/", waiting, name="waiting"),
    path("search/", search, name="search"),
    path("statistics/", statistics, name="statistics"),
]
