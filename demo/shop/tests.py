import re

from django.core import mail
from django.test import TestCase, override_settings

from organizations.models import Organization, OrganizationInvitation
from organizations.testing import make_organization, make_user

from .mailbox.backend import EmailBackend
from .mailbox.models import Mail
from .middleware import POLICY


def deliver_to_mailbox():
    """Put the mails that the test runner caught where the demo would have put them."""
    EmailBackend().send_messages(mail.outbox)
    mail.outbox.clear()
    return Mail.objects.first()


class Doors(TestCase):
    def setUp(self):
        self.ada = make_user("demo-owner", first_name="Ada", last_name="Okafor")
        make_user("somebody")

    def test_visitor_is_told_what_to_click(self):
        page = self.client.get("/")
        self.assertContains(page, "Ada Okafor")
        self.assertContains(page, 'href="/orgs/sign-up/"')
        self.assertContains(page, 'href="/mail/"')

    @override_settings(DEBUG=True)
    def test_one_click_signs_in(self):
        for method in (self.client.post, self.client.get):
            page = method("/login-as/demo-owner/", follow=True)
            self.assertContains(page, "You are signed in as Ada Okafor.")
            self.client.logout()

    @override_settings(DEBUG=True)
    def test_link_on_a_foreign_page_only_shows_the_button(self):
        page = self.client.get("/login-as/demo-owner/", headers={"Sec-Fetch-Site": "cross-site"})
        self.assertContains(page, "Sign in")
        self.assertNotIn("_auth_user_id", self.client.session)

    @override_settings(DEBUG=True)
    def test_nobody_else_can_be_signed_in_as(self):
        self.assertEqual(self.client.post("/login-as/somebody/").status_code, 404)

    def test_without_debug_there_is_no_such_door(self):
        self.assertEqual(self.client.post("/login-as/demo-owner/").status_code, 404)

    @override_settings(DEBUG=True)
    def test_unknown_page_looks_like_the_rest(self):
        for path in ("/nothing/", "/orgs/nothing/", "/orgs/register/1-abc/"):
            self.client.force_login(self.ada)
            page = self.client.get(path)
            self.assertContains(page, "There is nothing here", status_code=404)

    def test_every_page_carries_the_strict_policy(self):
        for path in ("/", "/mail/", "/accounts/login/", "/orgs/sign-up/", "/nothing/"):
            page = self.client.get(path)
            self.assertEqual(page.headers["Content-Security-Policy"], POLICY)
            scripts = re.findall("<script.*?</script>", page.content.decode(), re.DOTALL)
            self.assertEqual(len(scripts), 1)
            self.assertRegex(scripts[0], "^<script type=.module. src=[^>]*></script>$")


class Mailbox(TestCase):
    def setUp(self):
        message = mail.EmailMultiAlternatives(
            "Hello <b>you</b>",
            "See http://127.0.0.1:8123/orgs/ and <https://example.com/x>.",
            "Shop <shop@example.com>",
            ["a@example.com", "b@example.com"],
            headers={"Reply-To": "ada@example.com"},
        )
        message.attach_alternative(
            '<p style="color: red"><a href="http://localhost:8123/orgs/">go</a></p>', "text/html"
        )
        message.send()
        self.mail = deliver_to_mailbox()

    def test_stores_what_was_sent(self):
        self.assertEqual(self.mail.recipients, "a@example.com, b@example.com")
        self.assertEqual(self.mail.reply_to, "ada@example.com")
        page = self.client.get("/mail/")
        self.assertContains(page, "Hello &lt;b&gt;you&lt;/b&gt;")

    def test_links_of_the_text_can_be_clicked_and_own_ones_work_on_any_port(self):
        page = self.client.get(f"/mail/{self.mail.pk}/")
        self.assertContains(page, '<a href="/orgs/"')
        self.assertContains(page, '<a href="https://example.com/x"')

    def test_unread_mails_are_counted_until_they_are_opened(self):
        unread = '1<span class="org-hidden"> unread</span>'
        self.assertContains(self.client.get("/"), unread)
        self.assertNotContains(self.client.get(f"/mail/{self.mail.pk}/"), unread)

    def test_html_is_shown_in_a_frame_without_rights(self):
        page = self.client.get(f"/mail/{self.mail.pk}/?as=html")
        self.assertContains(page, 'sandbox="allow-top-navigation-by-user-activation"')
        self.assertIn("frame-src 'self'", page.headers["Content-Security-Policy"])
        frame = self.client.get(f"/mail/{self.mail.pk}/html/")
        self.assertContains(frame, '<base target="_top">')
        self.assertContains(frame, 'href="/orgs/"')
        self.assertIn("sandbox", frame.headers["Content-Security-Policy"])
        self.assertEqual(frame.headers["X-Frame-Options"], "SAMEORIGIN")

    def test_unknown_mail_is_not_found(self):
        for path in ("/mail/999/", "/mail/999/html/"):
            self.assertEqual(self.client.get(path).status_code, 404)


class WholeWay(TestCase):
    """Sign up, open the mail, invite, accept: by clicking what is in the mailbox."""

    def link_of_newest_mail(self):
        newest = deliver_to_mailbox()
        page = self.client.get(f"/mail/{newest.pk}/").content.decode()
        return page.split('shop-mail-text">')[1].split('href="')[1].split('"')[0]

    def test_sign_up_then_invite_a_new_person(self):
        with self.captureOnCommitCallbacks(execute=True):
            self.client.post(
                "/orgs/sign-up/", {"name": "Bricks", "slug": "", "email": "kim@example.com"}
            )
        password = {"password1": "long-Enough-77", "password2": "long-Enough-77"}
        page = self.client.post(
            self.link_of_newest_mail(), {"username": "kim", **password}, follow=True
        )
        self.assertContains(page, "Bricks")
        bricks = Organization.objects.get(slug="bricks")
        self.assertTrue(bricks.is_active)

        with self.captureOnCommitCallbacks(execute=True):
            self.client.post("/orgs/bricks/people/add/", {"email": "lou@example.com"})
        self.client.logout()
        self.client.get(self.link_of_newest_mail(), follow=True)
        page = self.client.post(
            "/orgs/invitations/accept/", {"username": "lou", **password}, follow=True
        )
        self.assertContains(page, "Welcome to Bricks.")
        self.assertEqual(bricks.users.count(), 2)
        self.assertContains(self.client.get("/orgs/bricks/products/"), "Add product")

    def test_an_invitation_waits_in_the_list_of_an_existing_user(self):
        make_organization("Acme", owner="ada")
        self.client.force_login(Organization.objects.get().users.get())
        with self.captureOnCommitCallbacks(execute=True):
            self.client.post("/orgs/acme/people/add/", {"email": "bo@example.com"})
        self.assertEqual(OrganizationInvitation.objects.count(), 1)
        self.client.force_login(make_user("bo"))
        self.assertContains(self.client.get("/orgs/"), "Acme")
