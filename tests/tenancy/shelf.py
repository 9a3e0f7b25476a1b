"""A second project for the leak kit: an API, plain JSON pages and the admin, behind scopes.

Its organization is the one that the person has switched to, or that the URL names. Each class
and function that is called leaky is a leak, planted for the kit to find.
"""

import json

from django.contrib import admin
from django.core.cache import cache
from django.db.models import Count, OuterRef, Subquery
from django.http import HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404
from django.urls import include, path
from rest_framework import routers, serializers, viewsets
from rest_framework.permissions import BasePermission

from organizations.decorators import membership_required
from organizations.tenancy.scope import scope_of_user, unscoped
from tests.tenancy.files.models import Bookmark, Folder, Label


class LabelSerializer(serializers.ModelSerializer):
    class Meta:
        model = Label
        fields = ["id", "name"]


class FolderSerializer(serializers.ModelSerializer):
    class Meta:
        model = Folder
        fields = ["id", "name", "made", "labels"]


class IsInside(BasePermission):
    def has_permission(self, request, view):
        return getattr(request, "membership", None) is not None


class LabelViews(viewsets.ModelViewSet):
    queryset = Label.objects.order_by("pk")
    serializer_class = LabelSerializer
    permission_classes = [IsInside]


class FolderViews(viewsets.ModelViewSet):
    queryset = Folder.objects.order_by("pk")
    serializer_class = FolderSerializer
    permission_classes = [IsInside]


@membership_required
def folders(request, organization_pk):
    page = {"folders": list(Folder.objects.order_by("name").values_list("name", flat=True))}
    return JsonResponse({**page, "count": Folder.objects.count()})


@membership_required
def folder(request, organization_pk, folder_pk):
    found = get_object_or_404(Folder, pk=folder_pk)
    if request.method == "POST":
        Bookmark.objects.create(folder=found)
    return JsonResponse({"name": found.name, "labels": found.labels.count()})


def everywhere(request):
    if not request.user.is_authenticated:
        return JsonResponse({"folders": []})
    with scope_of_user(request.user):
        return JsonResponse({"folders": list(Folder.objects.values_list("name", flat=True))})


API = routers.SimpleRouter()
API.register("folders", FolderViews)
API.register("labels", LabelViews)

urlpatterns = [
    path("api/", include((API.urls, "api"))),
    path("everywhere/", everywhere, name="everywhere"),
    path("<str:organization_pk>/folders/", folders, name="folders"),
    path("<str:organization_pk>/folders/<int:folder_pk>/", folder, name="folder"),
    path("accounts/", include("organizations.auth_urls")),
    path("admin/", admin.site.urls),
    path("orgs/", include("organizations.urls")),
]

POLICY = {
    "api:*": "members",
    "everywhere": "everybody",
    "folders": "members",
    "folder": "members",
}


# Planted leaks, one of each kind.


@membership_required
def leaky_list(request, organization_pk):
    with unscoped("a missing filter"):
        return JsonResponse({"folders": list(Folder.objects.values_list("name", flat=True))})


@membership_required
def leaky_body(request, organization_pk):
    key = request.POST.get("label")
    if request.method == "POST" and key:
        with unscoped("a foreign key in the body"):
            Label.objects.filter(pk=key).update(name="mine")
    return HttpResponse('<form method="post"><input name="label" value="0"></form>')


@membership_required
def leaky_count(request, organization_pk):
    with unscoped("a count"):
        return HttpResponse(f"{Folder.objects.count()} folders")


@membership_required
def leaky_order(request, organization_pk):
    with unscoped("an order by something that is not shown"):
        same = Folder.objects.filter(name=OuterRef("name")).order_by().values("name")
        often = Subquery(same.annotate(n=Count("pk")).values("n"))
        rows = list(
            Folder.objects.filter(organization=request.organization)
            .annotate(often=often)
            .order_by("-often" if request.GET.get("sort") else "pk", "pk")
            .values_list("name", flat=True)
        )
    return JsonResponse({"folders": rows})


@membership_required
def leaky_cache(request, organization_pk):
    page = cache.get("folders")
    if page is None:
        page = json.dumps(list(Folder.objects.values_list("name", flat=True)))
        cache.set("folders", page)
    return HttpResponse(page)


@membership_required
def leaky_clash(request, organization_pk):
    name = request.POST.get("name", "")
    with unscoped("a value that is unique among all"):
        taken = Folder.objects.filter(name=name).exclude(organization=request.organization)
        if request.method == "POST" and taken.exists():
            return HttpResponse("Somebody has that name.", status=409)
    return HttpResponse('<form method="post"><input name="name"></form>')


# More of them, each found by another part of the walk.


@membership_required
def leaky_query(request, organization_pk):
    with unscoped("a key in the query"):
        found = Label.objects.filter(pk=request.GET.get("label") or 0).values_list(
            "name", flat=True
        )
        return JsonResponse({"labels": list(found)})


@membership_required
def leaky_apart(request, organization_pk, folder_pk):
    with unscoped("another word for what others have"):
        there = Folder.objects.filter(pk=folder_pk).exclude(organization=request.organization)
        if there.exists():
            return HttpResponse("Not yours.", status=404)
    return HttpResponse("Not found.", status=404)


@membership_required
def leaky_failing(request, organization_pk, folder_pk):
    return HttpResponse(Folder.objects.filter(pk=int(folder_pk)).count())


@membership_required
def leaky_link(request, organization_pk):
    key = request.POST.get("label")
    if request.method == "POST" and key:
        with unscoped("a link to what others have"):
            mine = Folder.objects.filter(organization=request.organization).first()
            Folder.labels.through.objects.create(folder_id=mine.pk, label_id=key)
    return HttpResponse('<form method="post"><input name="label" value=""></form>')


def leaky_place(request):
    key = request.headers.get("X-Place")
    with unscoped("a header that anybody may send"):
        rows = Folder.objects.filter(organization=key) if request.user.is_authenticated else ()
        return JsonResponse({"folders": [row.name for row in rows]})
