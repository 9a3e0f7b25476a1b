"""Pages of a project whose organization stands in the URL, and one where it does not."""

from django.contrib import admin
from django.http import HttpResponse, StreamingHttpResponse
from django.urls import include, path

from tests.tenancy.files.models import Folder


def names():
    return (folder.name for folder in Folder.objects.order_by("name"))


def listed(request, **kwargs):
    return HttpResponse(", ".join(names()))


async def later(request, **kwargs):
    folders = Folder.objects.order_by("name")
    return HttpResponse(", ".join([folder.name async for folder in folders]))


def streamed(request, **kwargs):
    return StreamingHttpResponse(names())


urlpatterns = [
    path("none/", listed),
    *(path(f"<str:organization_pk>/{view.__name__}/", view) for view in (listed, later, streamed)),
    path("accounts/", include("django.contrib.auth.urls")),
    path("admin/", admin.site.urls),
    path("", include("organizations.urls")),
]
