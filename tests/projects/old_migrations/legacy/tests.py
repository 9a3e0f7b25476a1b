from django.contrib.auth.models import User
from django.test import TestCase

from organizations.utils import create_organization

from .models import Company, Page


class Legacy(TestCase):
    def test_rows_fit_the_old_tables(self):
        ada = User.objects.create_user("ada")
        self.assertEqual(create_organization(ada, "Acme", model=Company).slug, "acme")

    def test_fields_by_themselves(self):
        page = Page.objects.create(title="About Us")
        self.assertEqual((page.hidden, page.shown, page.bare), ("about-us",) * 3)
        self.assertLessEqual(page.made, page.changed)
        before = page.changed
        page.save()
        self.assertGreater(page.changed, before)
