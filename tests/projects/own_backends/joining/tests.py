from django.contrib.auth.models import User
from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.core import mail
from django.core.mail import EmailMessage
from django.test import TransactionTestCase
from django.urls import reverse

from organizations.backends import invitation_backend, registration_backend
from organizations.utils import create_organization

from .backends import Bare, Invitations, Modelled, Registrations

PASSWORDS = {"password1": "long-enough-7", "password2": "long-enough-7"}


class Backends(TransactionTestCase):
    def setUp(self):
        self.ada = User.objects.create_user("ada", "ada@example.com", "x")
        self.acme = create_organization(self.ada, "Acme")
        Invitations.steps.clear()
        Modelled.sent.clear()

    def test_settings_choose_them(self):
        self.assertIs(type(invitation_backend()), Invitations)
        self.assertIs(type(registration_backend()), Registrations)
        self.assertEqual(invitation_backend(namespace="here").namespace, "here")
        bare = invitation_backend("organizations.backends.defaults.InvitationBackend")
        self.assertIsNot(type(bare), Invitations)
        self.assertEqual(self.client.get(reverse("hello")).content, b"hello")

    def test_the_add_page_uses_the_projects_own_backend(self):
        self.client.force_login(self.ada)
        url = reverse("organization_user_add", args=[self.acme.pk])
        self.client.post(url, {"email": "new@example.com"})
        person = User.objects.get(email="new@example.com")
        self.assertTrue(self.acme.is_member(person))
        self.assertEqual(Invitations.steps[0], ("invite_by_email", "new@example.com"))
        sent = mail.outbox[0]
        self.assertEqual(sent.subject, "Come and join us")
        organization, domain, sender, address, token = sent.body.strip().split("|")
        self.assertEqual((organization, sender, address), ("Acme", "ada", "new@example.com"))
        self.assertEqual(domain, "example.com")
        self.assertIn(("<b>Come</b>", "text/html"), [tuple(each) for each in sent.alternatives])

        self.client.logout()
        url = reverse("invitations_register", args=[person.pk, token])
        page = self.client.get(url)
        self.assertEqual(page.content.strip(), b"short:username;password1;password2;")
        answer = self.client.post(url, {"username": "new", **PASSWORDS})
        self.assertEqual(answer.status_code, 302)
        self.assertIn(("activate_organizations", "new"), Invitations.steps)
        person.refresh_from_db()
        self.assertTrue(person.is_active)
        self.assertEqual(self.client.get(url).status_code, 404)

    def test_plain_tokens_of_django_are_taken(self):
        person = invitation_backend().invite_by_email("new@example.com", sender=self.ada)
        token = PasswordResetTokenGenerator().make_token(person)
        url = reverse("invitations_register", args=[person.pk, token])
        self.assertEqual(self.client.get(url).status_code, 200)

    def test_what_sending_returns(self):
        backend = invitation_backend()
        person = backend.invite_by_email("new@example.com", sender=self.ada)
        context = {
            "domain": {"name": "Site", "domain": "site.example.com"},
            "organization": self.acme,
        }
        self.assertIs(backend.send_invitation(self.ada, self.ada, **context), False)
        self.assertEqual(backend.send_invitation(person, self.ada, **context), 1)
        self.assertIs(backend.send_notification(person, self.ada, **context), False)
        self.assertEqual(backend.send_notification(self.ada, self.ada, **context), 1)
        self.assertIs(backend.send_reminder(self.ada, self.ada, **context), False)
        self.assertEqual(backend.send_reminder(person, self.ada, **context), 1)

    def test_message_of_another_class(self):
        class Loud(EmailMessage):
            pass

        message = registration_backend().email_message(
            self.ada, "joining/subject.txt", "joining/body.txt", None, Loud, token="t"
        )
        self.assertIs(type(message), Loud)
        self.assertEqual((message.to, message.subject), (["ada@example.com"], "Come and join us"))
        self.assertTrue(message.body.strip().endswith("ada@example.com|t"))

    def test_registering(self):
        backend = registration_backend()
        person = backend.register_by_email("new@example.com", sender=self.ada)
        self.assertFalse(person.is_active)
        self.assertEqual(mail.outbox[-1].to, ["new@example.com"])
        again = backend.register_by_email("new@example.com")
        self.assertEqual(again, person)

    def test_modelled_with_its_own_hands(self):
        offer = Modelled(namespace="modelled").invite_by_email(
            "Bo@Example.com", self.ada, self.acme
        )
        self.assertEqual(Modelled.sent, ["bo@example.com"])
        self.assertEqual(offer.invited_by, self.ada)
        self.assertEqual(mail.outbox[-1].subject, "Come and join us")


class WithoutInit(TransactionTestCase):
    def test_a_backend_that_never_called_the_parent(self):
        backend = Bare()
        self.assertIsNone(backend.user_model)
        self.assertEqual(backend.namespace_preface(), "")
        self.assertEqual(len(backend.get_username()), 36)
        person = User.objects.create(username="x", email="x@example.com", is_active=False)
        person.set_unusable_password()
        person.save()
        url = reverse("bare", args=[person.pk, backend.get_token(person)])
        self.assertContains(self.client.get(url), "username;password1;password2;")
        answer = self.client.post(url, {"username": "new", **PASSWORDS})
        self.assertRedirects(answer, "/bare-inside/", fetch_redirect_response=False)
        person.refresh_from_db()
        self.assertTrue(person.is_active)
