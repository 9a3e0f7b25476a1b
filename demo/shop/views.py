from catalog.models import Product
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import get_user_model, login
from django.core.paginator import Paginator
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render

from organizations.doors import not_found
from organizations.management.demo_data import LOGINS


def home(request):
    """For visitors what to click, for members the products of all their organizations."""
    if not request.user.is_authenticated:
        return render(request, "shop/welcome.html", {"people": demo_people()})
    products = Product.objects.for_user(request.user).select_related("account")
    page = Paginator(products, 25).get_page(request.GET.get("page"))
    context = {"page_obj": page, "is_paginated": page.has_other_pages()}
    return render(request, "shop/home.html", context)


def login_as(request, username):
    """Sign in as a person of the demo, without a password.

    The button on the first page posts. A link that was typed, or clicked in a terminal, works
    at once too; a link on a page of somebody else only shows the button.
    """
    if not settings.DEBUG or username not in [person.username for person in LOGINS]:
        raise Http404
    user = get_object_or_404(get_user_model(), username=username, is_active=True)
    typed = request.headers.get("Sec-Fetch-Site", "none") in ("none", "same-origin")
    if request.method != "POST" and not typed:
        return render(request, "shop/login_as.html", {"person": user})
    login(request, user, backend=settings.AUTHENTICATION_BACKENDS[0])
    messages.success(request, f"You are signed in as {user.get_full_name()}.")
    return redirect("home")


def demo_people():
    """Return the people of the demo that exist, each with what is told about them."""
    users = get_user_model().objects.filter(username__in=[each.username for each in LOGINS])
    found = {user.username: user for user in users}
    people = []
    for person in LOGINS:
        if user := found.get(person.username):
            user.role, user.about = person.role, person.about
            people.append(user)
    return people


def nothing_here(request, exception=None):
    return not_found(request)
