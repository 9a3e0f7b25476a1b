from accounts import views
from django.contrib import admin
from django.contrib.auth.decorators import login_required
from django.urls import include, path

urlpatterns = [
    path("admin/", admin.site.urls),
    path("accounts/", include("django.contrib.auth.urls")),
    path("team/<int:organization_pk>/", login_required(views.AccountDetail.as_view()), name="team"),
    path("teams/", login_required(views.AccountList.as_view()), name="teams"),
    path("accounts/", include("organizations.urls")),
]
