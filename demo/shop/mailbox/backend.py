from django.core.mail.backends.base import BaseEmailBackend

from .models import Mail


class EmailBackend(BaseEmailBackend):
    """Stores mails instead of sending them."""

    def send_messages(self, email_messages):
        for message in email_messages:
            parts = getattr(message, "alternatives", [])
            html = next((part[0] for part in parts if part[1] == "text/html"), "")
            Mail.objects.create(
                subject=message.subject,
                sender=message.from_email,
                recipients=", ".join(message.recipients()),
                reply_to=message.extra_headers.get("Reply-To", ", ".join(message.reply_to)),
                text=message.body,
                html=html,
            )
        return len(email_messages)
