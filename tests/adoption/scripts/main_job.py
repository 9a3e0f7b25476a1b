"""The main job through the default pages, with companies in place of organizations."""

import re
from datetime import timedelta

from crm.models import Company, CompanyInvitation, CompanyOwner, CompanyUser, Invoice
from django.conf import settings
from django.contrib.auth.models import User
from django.core import mail
from django.db import transaction
from django.db.models import RestrictedError
from django.template import Context, Template
from django.test import Client
from django.test.utils import override_settings, setup_test_environment

from organizations.exceptions import OwnershipRequired
from organizations.families import default_family

setup_test_environment()
PASSWORD = "copper-kettle-42"


def link():
    """Return the path of the link in the newest mail."""
    [url] = re.findall(r"https?://[^/\s]+(/\S+)", mail.outbox[-1].body)
    return url


def post(client, url, **values):
    answer = client.post(url, values)
    assert answer.status_code == 302, (url, answer.status_code, answer.content.decode())
    return answer


def page(client, url, status=200):
    answer = client.get(url, follow=True)
    assert answer.status_code == status, (url, answer.status_code)
    return answer.content.decode()


assert default_family().organization is Company

# Somebody signs up with a company.
ada = Client()
post(ada, "/orgs/sign-up/", name="New Works", email="ada@new.example")
post(ada, link(), username="ada", password1=PASSWORD, password2=PASSWORD)
works = Company.objects.get(name="New Works")
assert works.slug == "new-works" and works.is_active
assert works.is_owner(User.objects.get(username="ada"))
assert "New Works" in page(ada, "/orgs/") and "New Works" in page(ada, "/orgs/new-works/")

# A second one is added, and its settings change.
post(ada, "/orgs/add/", name="Side Job", slug="side")
post(ada, "/orgs/side/edit/", name="Side Jobs", slug="side-jobs")
assert Company.objects.get(slug="side-jobs").name == "Side Jobs"

# A colleague is invited, and becomes a member by saying yes.
post(ada, "/orgs/new-works/people/add/", email="bo@new.example", is_admin="on")
assert "New Works" in mail.outbox[-1].subject
assert CompanyInvitation.objects.get().organization == works
assert not works.organization_users.filter(user__email="bo@new.example").exists()
assert "bo@new.example" in page(ada, "/orgs/new-works/people/")
bo = Client()
page(bo, link())
post(bo, "/orgs/invitations/accept/", username="bo", password1=PASSWORD, password2=PASSWORD)
member = works.organization_users.get(user__username="bo")
assert member.is_admin and member.job == ""
assert "bo" in page(ada, "/orgs/new-works/people/")

# A stranger sees nothing.
page(Client(), f"/orgs/{works.pk}/people/")
cy = Client()
cy.force_login(User.objects.get(username="p0"))
page(cy, "/orgs/new-works/", status=404)

# The ownership passes on; the owner cannot leave, a member can.
ada.post("/orgs/new-works/leave/")
assert works.organization_users.filter(user__username="ada").exists()
post(ada, "/orgs/new-works/transfer/", new_owner=member.pk, confirm_name="New Works")
assert CompanyOwner.objects.get(organization=works).organization_user != member
post(bo, "/orgs/new-works/transfer/answer/", confirm_name="New Works")
assert CompanyOwner.objects.get(organization=works).organization_user == member
post(ada, "/orgs/new-works/leave/")
assert [each.user.username for each in works.organization_users.all()] == ["bo"]

# Nobody takes the owner away.
for step in (member.delete, member.user.delete, lambda: works.remove_user(member.user)):
    try:
        with transaction.atomic():
            step()
    except (OwnershipRequired, RestrictedError):
        continue
    raise AssertionError(step)

# The old companies have the same pages.
old = CompanyOwner.objects.filter(organization__name="Company 1").first()
client = Client()
client.force_login(old.organization_user.user)
for name in ("", "edit/", "people/", "people/add/", "transfer/", "leave/", "delete/"):
    assert old.organization.name in page(client, f"/orgs/{old.organization.slug}/{name}")

# What the project's own models hold protects its company; an empty one is deleted.
with override_settings(ORGANIZATIONS={**settings.ORGANIZATIONS, "DELETION_GRACE": timedelta(0)}):
    answer = client.post(
        f"/orgs/{old.organization.slug}/delete/", {"confirm_name": old.organization.name}
    )
    assert answer.status_code == 200 and b"Other data still needs" in answer.content
    post(bo, "/orgs/new-works/delete/", confirm_name="New Works")
assert not Company.objects.filter(pk=works.pk).exists()
assert Invoice.objects.count() == 200

# Tags and the admin.
tags = Template("{% load org_tags %}{{ member|org_standing }} {% org_switcher %}")
request = client.get("/orgs/").wsgi_request
text = tags.render(Context({"member": old.organization_user, "request": request}))
assert text.startswith("owner") and old.organization.name in text
root = Client()
root.force_login(User.objects.create_superuser("root", "root@new.example", PASSWORD))
for model in ("company", "companyuser", "companyowner", "companyinvitation"):
    page(root, f"/admin/crm/{model}/")
    if model != "companyinvitation":
        page(root, f"/admin/crm/{model}/add/")
page(root, f"/admin/crm/company/{old.organization.pk}/change/")
page(root, f"/admin/crm/companyuser/{old.organization_user.pk}/change/")
page(root, f"/admin/crm/companyowner/{old.pk}/change/")
assert root.get("/admin/organizations/organization/").status_code == 404
assert CompanyUser.objects.filter(organization=old.organization).count() == 3
print("done")
