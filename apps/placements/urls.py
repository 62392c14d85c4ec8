from typing import Any

app_name = "placements"
urlpatterns: list[Any] = []
