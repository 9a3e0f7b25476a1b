from django.apps import AppConfig


class MailboxConfig(AppConfig):
    """Keeps the mails that the site sends and shows them instead of sending them."""

    name = "shop.mailbox"
