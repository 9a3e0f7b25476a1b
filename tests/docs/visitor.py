"""A visitor of a running site: keeps cookies, follows redirects, fills in forms."""

import http.cookiejar
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass, field
from html.parser import HTMLParser


class _Forms(HTMLParser):
    """Collects the forms of a page: method, action and the values they would send."""

    def __init__(self):
        super().__init__()
        self.forms = []

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        if tag == "form":
            self.forms.append((attrs.get("method", "get"), attrs.get("action", ""), {}))
        elif tag in {"input", "select", "textarea"} and self.forms and attrs.get("name"):
            # A box that nobody ticks sends nothing.
            if attrs.get("type") in {"checkbox", "radio"}:
                return
            self.forms[-1][2][attrs["name"]] = attrs.get("value") or ""


@dataclass
class Page:
    url: str
    status: int
    text: str

    @property
    def path(self):
        return urllib.parse.urlsplit(self.url).path


@dataclass
class Visitor:
    """One person with a browser of their own."""

    base: str
    page: Page = None
    cookies: object = field(default_factory=http.cookiejar.CookieJar)

    def __post_init__(self):
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.cookies))

    def get(self, url):
        return self._open(urllib.parse.urljoin(self.base, url))

    def submit(self, **values):
        """Fill in and send the form of the page that has fields of these names."""
        parser = _Forms()
        parser.feed(self.page.text)
        names = set(values) - {"action"}
        # Pages of the package send their forms to themselves; the menu's go elsewhere.
        own = [
            values_of_form
            for method, action, values_of_form in parser.forms
            if method.lower() == "post" and not action and names <= set(values_of_form)
        ]
        assert own, f"no form with {sorted(names)} on {self.page.url}:\n{self.page.text}"
        hidden = own[0]
        data = urllib.parse.urlencode({**hidden, **values}).encode()
        return self._open(self.page.url, data)

    def _open(self, url, data=None):
        try:
            with self.opener.open(urllib.request.Request(url, data=data), timeout=30) as answer:
                self.page = Page(answer.url, answer.status, answer.read().decode())
        except urllib.error.HTTPError as answer:
            self.page = Page(answer.url, answer.code, answer.read().decode())
        return self.page
