from accounts import views
from accounts.backends import AccountInvitations
from django.contrib import admin
from django.contrib.auth.decorators import login_required
from django.urls import include, path


def signed_in(view):
    return login_required(view.as_view())


urlpatterns = [
    path("admin/", admin.site.urls),
    path("accounts/", include("django.contrib.auth.urls")),
    path("account/", signed_in(views.AccountList), name="account_list"),
    path("account/<int:organization_pk>/", signed_in(views.AccountDetail), name="account"),
    path(
        "account/<int:organization_pk>/edit/", signed_in(views.AccountUpdate), name="account_edit"
    ),
    path("account/<int:organization_pk>/end/", signed_in(views.AccountEnd), name="account_end"),
    path("account/<int:organization_pk>/people/", signed_in(views.People), name="people"),
    path(
        "account/<int:organization_pk>/people/<int:user_pk>/",
        signed_in(views.Person),
        name="person",
    ),
    path(
        "account/<int:organization_pk>/people/<int:user_pk>/edit/",
        signed_in(views.PersonUpdate),
        name="person_edit",
    ),
    path(
        "account/<int:organization_pk>/people/<int:user_pk>/delete/",
        signed_in(views.PersonDelete),
        name="person_delete",
    ),
    path("api/<int:organization_pk>/", views.Numbers.as_view(), name="numbers"),
    path("join/", include(AccountInvitations(namespace="join").urls)),
    path("organizations/", include("organizations.urls")),
]
