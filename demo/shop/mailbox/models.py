import re

from django.db import models
from django.utils.html import format_html, format_html_join

LINK = re.compile(r"(https?://[^\s<>\"]*[^\s<>\".,;:!?)])")
#: How links to this machine begin. Without their host they work on every port.
OWN_HOST = re.compile(r"https?://(?:127\.0\.0\.1|localhost)(?::\d+)?(?=/)")


class MailQuerySet(models.QuerySet):
    def unread(self):
        return self.filter(is_read=False)


class Mail(models.Model):
    """A mail that the site has sent."""

    sent = models.DateTimeField(auto_now_add=True)
    subject = models.TextField()
    sender = models.TextField()
    recipients = models.TextField()
    reply_to = models.TextField(blank=True)
    text = models.TextField()
    html = models.TextField(blank=True)
    is_read = models.BooleanField(default=False)

    objects = MailQuerySet.as_manager()

    class Meta:
        ordering = ["-sent", "-pk"]

    def __str__(self):
        return self.subject

    @property
    def linked_text(self):
        """The text with links that can be clicked."""
        parts = LINK.split(self.text)  # text, link, text, link, ... text
        return format_html_join("", "{}", ((self._part(part),) for part in parts))

    def _part(self, part):
        if not LINK.fullmatch(part):
            return part
        return format_html('<a href="{}">{}</a>', OWN_HOST.sub("", part), part)

    @property
    def page(self):
        """The HTML, with links that leave the frame it is shown in."""
        return '<base target="_top">' + re.sub(
            r'(?<=href=")[^"]+', lambda found: OWN_HOST.sub("", found[0]), self.html
        )
