import re

from django.db import models
from django.utils.html import urlize
from django.utils.safestring import mark_safe

#: A link to this machine, as it begins. Without the host it works on every port.
OWN_HOST = re.compile(r'(href=")https?://(?:127\.0\.0\.1|localhost)(?::\d+)?(?=/)')


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
        return mark_safe(OWN_HOST.sub(r"\1", urlize(self.text, autoescape=True)))

    @property
    def page(self):
        """The HTML, with links that leave the frame it is shown in."""
        return '<base target="_top">' + OWN_HOST.sub(r"\1", self.html)
