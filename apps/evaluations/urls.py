from typing import Any

app_name = "evaluations"
urlpatterns: list[Any] = []
