from django.contrib import admin
from django.contrib.auth.decorators import login_required
from django.urls import include, path
from firms import views

urlpatterns = [
    path("admin/", admin.site.urls),
    path("accounts/", include("django.contrib.auth.urls")),
    path("firms/<uuid:organization_pk>/", login_required(views.Firm.as_view()), name="firm"),
    path("shops/<str:organization_pk>/", login_required(views.Shop.as_view()), name="shop"),
    path(
        "shops/<str:organization_pk>/<uuid:user_pk>/",
        login_required(views.Keeper.as_view()),
        name="keeper",
    ),
    path("accounts/", include("organizations.urls")),
]
