from typing import Any

app_name = "bases"
urlpatterns: list[Any] = []
