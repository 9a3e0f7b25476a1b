from django.urls import include, path, re_path

from . import views

urlpatterns = [
    path("", views.home, name="home"),
    path("login-as/<str:username>/", views.login_as, name="login_as"),
    path("mail/", include("shop.mailbox.urls")),
    # Before the package's own pages: what it does not know lies beside what it knows.
    path("orgs/<str:organization_pk>/products/", include("catalog.urls")),
    path("orgs/", include("organizations.urls")),
    path("accounts/", include("organizations.auth_urls")),
    # Paths without the slash at their end are left to Django, which adds it.
    re_path(r"^.*/$", views.nothing_here),
]

handler404 = views.nothing_here
