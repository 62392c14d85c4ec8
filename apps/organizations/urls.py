from typing import Any

app_name = "organizations"
urlpatterns: list[Any] = []
