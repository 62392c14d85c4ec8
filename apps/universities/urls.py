from django.urls import path

from .views import people, roster

app_name = "universities"
urlpatterns = [
    path("students/", people.StudentList.as_view(), name="student_list"),
    path("students/<int:pk>/", people.student_detail, name="student_detail"),
    path("students/<int:pk>/identity/", people.StudentIdentity.as_view(), name="student_identity"),
    path("teachers/", people.TeacherList.as_view(), name="teacher_list"),
    path("roster/", roster.RosterList.as_view(), name="roster_list"),
    path("roster/new/", roster.RosterUpload.as_view(), name="roster_upload"),
    path("roster/<int:pk>/", roster.RosterDetail.as_view(), name="roster_detail"),
    path("roster/<int:pk>/commit/", roster.roster_commit, name="roster_commit"),
]
