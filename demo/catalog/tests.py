"""How a project tests what it builds on the package: ``organizations.testing`` makes people."""

from django.test import TestCase

from organizations.testing import make_organization, make_user

from .models import Product


class ProductPages(TestCase):
    def setUp(self):
        self.acme = make_organization("Acme", owner="ada", members=["bo"])
        self.zeta = make_organization("Zeta", owner="zoe")
        self.anvil = Product.objects.create(
            account=self.acme, name="Anvil", sku="A-1", price="9.50"
        )
        self.zither = Product.objects.create(
            account=self.zeta, name="Zither", sku="Z-1", price="99"
        )

    def sign_in(self, name):
        members = [*self.acme.users.all(), *self.zeta.users.all()]
        self.client.force_login(next(user for user in members if user.username == name))

    def status(self, path, method="get", **data):
        return getattr(self.client, method)(path, data).status_code

    def test_member_sees_the_products_of_the_organization_and_no_others(self):
        self.sign_in("bo")
        page = self.client.get("/orgs/acme/products/")
        self.assertContains(page, "Anvil")
        self.assertNotContains(page, "Zither")

    def test_organization_is_found_by_its_key_too(self):
        self.sign_in("bo")
        self.assertContains(self.client.get(f"/orgs/{self.acme.pk}/products/"), "Anvil")

    def test_first_page_shows_the_products_of_all_my_organizations(self):
        self.zeta.add_user(self.acme.users.get(username="bo"))
        self.sign_in("bo")
        page = self.client.get("/")
        self.assertContains(page, "Anvil")
        self.assertContains(page, "Zither")
        self.sign_in("ada")
        self.assertNotContains(self.client.get("/"), "Zither")

    def test_outsider_gets_not_found_everywhere(self):
        self.client.force_login(make_user("otto"))
        for path in self.pages(self.anvil):
            for method in ("get", "post"):
                self.assertEqual(self.status(path, method), 404, path)
        self.assertEqual(Product.objects.count(), 2)

    def test_visitor_is_sent_to_sign_in(self):
        for path in self.pages(self.anvil):
            self.assertRedirects(self.client.get(path), f"/accounts/login/?next={path}")

    def test_number_of_a_foreign_product_finds_nothing_in_my_organization(self):
        self.sign_in("ada")
        for path in (
            f"/orgs/acme/products/{self.zither.pk}/",
            f"/orgs/acme/products/{self.zither.pk}/delete/",
        ):
            for method in ("get", "post"):
                self.assertEqual(self.status(path, method), 404, path)
        self.assertTrue(Product.objects.filter(pk=self.zither.pk).exists())

    def test_member_adds_and_changes_a_product(self):
        self.sign_in("bo")
        values = {"name": "Hammer", "sku": "H-1", "price": "3.20", "description": ""}
        answer = self.client.post("/orgs/acme/products/add/", values, follow=True)
        self.assertContains(answer, "Hammer is saved.")
        hammer = Product.objects.get(sku="H-1")
        self.assertEqual(hammer.account, self.acme)
        self.client.post(hammer.get_absolute_url(), {**values, "price": "4"})
        hammer.refresh_from_db()
        self.assertEqual(hammer.price, 4)

    def test_account_cannot_be_sent_along(self):
        self.sign_in("bo")
        values = {"name": "Hammer", "sku": "H-1", "price": "1", "account": self.zeta.pk}
        self.client.post("/orgs/acme/products/add/", values)
        self.assertEqual(Product.objects.get(sku="H-1").account, self.acme)

    def test_sku_is_used_once_in_an_organization_and_again_in_another(self):
        self.sign_in("bo")
        values = {"name": "Copy", "sku": "A-1", "price": "1"}
        page = self.client.post("/orgs/acme/products/add/", values)
        self.assertContains(page, "Another product has this SKU.")
        self.sign_in("zoe")
        self.client.post("/orgs/zeta/products/add/", values)
        self.assertTrue(Product.objects.filter(account=self.zeta, sku="A-1").exists())

    def test_bad_input_is_answered_beside_the_field(self):
        self.sign_in("bo")
        for field, value in (("price", "-1"), ("price", "cheap"), ("name", "x" * 101)):
            values = {"name": "Saw", "sku": "S-1", "price": "1", field: value}
            page = self.client.post("/orgs/acme/products/add/", values)
            self.assertEqual(page.status_code, 200)
            self.assertTrue(page.context["form"].errors[field])

    def test_only_admins_delete(self):
        path = f"/orgs/acme/products/{self.anvil.pk}/delete/"
        self.sign_in("bo")
        self.assertEqual(self.status(path, "post"), 403)
        self.assertNotContains(self.client.get("/orgs/acme/products/"), "/delete/")
        self.sign_in("ada")
        self.assertContains(self.client.get("/orgs/acme/products/"), path)
        self.assertEqual(self.status(path), 200)
        self.assertEqual(self.status(path, "post"), 302)
        self.assertFalse(Product.objects.filter(pk=self.anvil.pk).exists())

    def test_number_that_no_column_holds_is_not_found(self):
        self.sign_in("ada")
        self.assertEqual(self.status(f"/orgs/acme/products/{10**40}/"), 404)

    def pages(self, product):
        start = f"/orgs/{product.account.slug}/products/"
        return [
            start,
            f"{start}add/",
            f"{start}{product.pk}/",
            f"{start}{product.pk}/delete/",
        ]
