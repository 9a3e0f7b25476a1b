"""Hunts leaks between organizations over every URL of the shop, and finds those planted here."""

import sys
from types import ModuleType

from catalog.models import Product
from django.core.cache import cache
from django.db.models import Count, OuterRef, Subquery
from django.http import HttpResponse
from django.test import TestCase, override_settings
from django.urls import include, path

from organizations.decorators import membership_required
from organizations.testing.leaks import LeakTestMixin, find_leaks, report


class Leaks(LeakTestMixin, TestCase):
    leak_policy = {
        "home": "everybody",
        "login_as": "nobody",  # a door of DEBUG alone
        "mail*": "any",  # the mails of a machine that is nobody else's
        "product_*": "members",
        "product_delete": "admins",
        "^.*/$": "nobody",
    }
    leak_arguments = {"username": "demo-owner", "mail.pk": 1, "mail_html.pk": 1}


def page_of(names):
    return HttpResponse(", ".join(names))


@membership_required
def without_filter(request, organization_pk):
    return page_of(product.name for product in Product.objects.all())


@membership_required
def foreign_body(request, organization_pk):
    if request.method == "POST":
        Product.objects.filter(pk=request.POST.get("product") or 0).update(name="Mine")
    return HttpResponse('<form method="post"><input name="product" value="0"></form>')


@membership_required
def count(request, organization_pk):
    return HttpResponse(f"{Product.objects.count()} products")


@membership_required
def hidden_order(request, organization_pk):
    same = Product.objects.filter(name=OuterRef("name")).order_by().values("name")
    products = Product.objects.for_organization(request.organization).annotate(
        often=Subquery(same.annotate(n=Count("pk")).values("n"))
    )
    order = "-often" if request.GET.get("order") else "name"
    return page_of(product.name for product in products.order_by(order, "pk"))


@membership_required
def shared_cache(request, organization_pk):
    names = cache.get_or_set(
        "products",
        lambda: [each.name for each in Product.objects.for_organization(request.organization)],
    )
    return page_of(names)


@membership_required
def clash(request, organization_pk):
    others = Product.objects.exclude(account=request.organization)
    if request.method == "POST" and others.filter(sku=request.POST.get("sku", "")).exists():
        return HttpResponse("Somebody has that number.", status=409)
    return HttpResponse('<form method="post"><input name="sku"></form>')


class Planted(TestCase):
    """Each view above leaks in a way of its own. That shows that the walk would find it."""

    def found(self, view):
        module = ModuleType("shop.planted")
        module.urlpatterns = [
            path("<str:organization_pk>/leaky/", view, name="leaky"),
            path("", include("shop.urls")),
        ]
        self.addCleanup(sys.modules.pop, module.__name__)
        sys.modules[module.__name__] = module
        with override_settings(ROOT_URLCONF=module.__name__):
            return find_leaks({"leaky": "members"}, only=["leaky"])

    def assert_found(self, view, words):
        found = self.found(view)
        self.assertTrue(any(words in str(leak) for leak in found), f"{words}: {report(found)}")

    def test_a_missing_filter(self):
        self.assert_found(without_filter, "GET leaky, a member, with own keys: shows 'zq")

    def test_a_foreign_key_in_the_body(self):
        self.assert_found(foreign_body, "with a foreign product in the body: changes catalog.Prod")

    def test_a_count(self):
        self.assert_found(count, "GET leaky, a member, with own keys: says something else while")

    def test_an_order_by_something_hidden(self):
        self.assert_found(hidden_order, "GET leaky, the owner, ordered by ")

    def test_a_shared_cache_entry(self):
        self.assert_found(shared_cache, "GET leaky, a member, with own keys: shows 'zq")

    def test_a_clash_with_the_value_of_another(self):
        self.assert_found(clash, "with values of the other organization: says something else")
