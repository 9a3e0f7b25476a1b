"""Hunts leaks between organizations over every URL of the shop."""

from django.test import TestCase

from organizations.testing.leaks import LeakTestMixin

POLICY = {
    "home": "everybody",
    "login_as": "nobody",  # a door of DEBUG alone
    "mail*": "any",
    "product_list": "members",
    "product_add": "members",
    "product_edit": "members",
    "product_delete": "admins",
    "^.*/$": "nobody",
}


class Leaks(LeakTestMixin, TestCase):
    leak_policy = POLICY
    leak_arguments = {"username": "demo-owner", "pk": 1}
