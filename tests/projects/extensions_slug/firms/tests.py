from django.contrib.auth.models import User
from django.test import TestCase
from django_extensions.db.fields import AutoSlugField

from organizations.fields import ORGS_SLUGFIELD, BaseSlugField, SlugField
from organizations.models import Organization
from organizations.utils import create_organization

from .models import Firm, Workshop


class Slugs(TestCase):
    def setUp(self):
        self.ada = User.objects.create_user("ada", "ada@example.com", "x")

    def test_the_setting_chooses_the_class(self):
        self.assertEqual(ORGS_SLUGFIELD, "django_extensions.db.fields.AutoSlugField")
        self.assertIs(BaseSlugField, AutoSlugField)
        self.assertIs(type(Firm._meta.get_field("slug")), SlugField)
        self.assertTrue(issubclass(SlugField, AutoSlugField))

    def test_slugs_are_made_as_there(self):
        for model in (Organization, Firm):
            slugs = [create_organization(self.ada, "Acme", model=model).slug for _ in range(2)]
            self.assertEqual(slugs, ["acme", "acme-2"])
            # An explicit one is replaced.
            self.assertEqual(
                create_organization(self.ada, "Bell", "ring", model=model).slug, "bell"
            )

    def test_a_maker_on_the_model(self):
        self.assertEqual(Workshop.objects.create(name="Forge").slug, "workshop-forge")

    def test_pages(self):
        acme = create_organization(self.ada, "Acme")
        self.client.force_login(self.ada)
        self.assertContains(self.client.get(acme.get_absolute_url()), "Acme")
