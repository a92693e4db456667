from typing import Any

app_name = "services"
urlpatterns: list[Any] = []
