"""The list page."""

from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

PAGE = 50
TEMPLATE = "shop/orders.html"


def order_list(request: HttpRequest, orders: Any) -> HttpResponse:
    page = Paginator(orders.order_by("-created"), PAGE).get_page(request.GET.get("page"))
    context = {"orders": page.object_list, "total": page.paginator.count}
    return render(request, TEMPLATE, context)
