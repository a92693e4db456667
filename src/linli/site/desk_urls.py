from django.urls import path

from .views.home import home
from .views.search import search
from .views.statistics import statistics

app_name = "site"
urlpatterns = [
    path("", home, name="home"),
    path("search/", search, name="search"),
    path("statistics/", statistics, name="statistics"),
]
