"""The mails of everybody: a demo has no secrets."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.generic import ListView

from ..middleware import POLICY
from .models import Mail


class MailList(ListView):
    model = Mail
    paginate_by = 25


def mail(request, pk):
    """One mail: its text, or with ``?as=html`` the HTML in a frame."""
    found = get_object_or_404(Mail, pk=pk)
    Mail.objects.unread().filter(pk=pk).update(is_read=True)
    as_html = bool(found.html) and request.GET.get("as") == "html"
    response = render(request, "mailbox/mail.html", {"mail": found, "as_html": as_html})
    if as_html:
        response.headers["Content-Security-Policy"] = f"{POLICY}; frame-src 'self'"
    return response


@xframe_options_sameorigin
def mail_html(request, pk):
    """The HTML of a mail: it may have inline styles, and do nothing but be clicked."""
    response = HttpResponse(get_object_or_404(Mail, pk=pk).page)
    response.headers["Content-Security-Policy"] = (
        "default-src 'none'; style-src 'unsafe-inline'; img-src 'self'; "
        "sandbox allow-top-navigation-by-user-activation"
    )
    return response
