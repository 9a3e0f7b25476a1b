from django.http import Http404

from organizations.doors import not_found

#: Scripts, styles, pictures, and the frame that shows a mail, only as files of our own, and
#: nothing else; no requests of scripts.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; frame-src 'self'; "
    "form-action 'self'; base-uri 'none'"
)


def content_security_policy(get_response):
    """Send the strict policy with every page that does not bring one of its own."""

    def middleware(request):
        response = get_response(request)
        if response.status_code != 500:  # Django's page for programmers needs its styles
            response.headers.setdefault("Content-Security-Policy", POLICY)
        return response

    return middleware


class PlainNotFound:
    """Show the same "not found" page with DEBUG as without."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        return self.get_response(request)

    def process_exception(self, request, exception):
        return not_found(request) if isinstance(exception, Http404) else None
