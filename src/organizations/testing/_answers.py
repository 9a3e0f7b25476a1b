"""What a page says: its forms, and its text without what is new with every request."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Any
from urllib.parse import quote, urlsplit

from asgiref.sync import async_to_sync
from django.conf import settings
from django.shortcuts import resolve_url
from django.urls import Resolver404, resolve

__all__ = ["TYPED", "Answer", "forms_in"]

#: What stands in a text field that nothing is known of.
TYPED = "kit"

#: Tokens of forms, in fields, headers and metadata, and nonces of scripts.
_TOKEN = re.compile(r'\b[A-Za-z0-9]{64}\b|nonce="[^"]*"')
#: Clocks go on between two questions.
_TIMES = re.compile(r"\d+\s(?:second|minute|hour)s?|\b\d{1,2}:\d\d(?::\d\d)?")
#: Headers that say something of the request, and not of the rows.
_PLAIN = {
    *("content-length", "content-type", "date", "etag", "expires", "last-modified", "location"),
    *("set-cookie", "vary", "cache-control", "content-security-policy", "server-timing"),
}
#: Keys of rows that a request itself has made are in links, and in the names of JSON.
_LINKS = re.compile(r'((?:href|action|src)="[^"]*")')
_KEYS = re.compile(r'("(?:id|pk|\w+_id|url)":\s*)("[^"]*"|\d+)')


@dataclass(frozen=True)
class Answer:
    """What somebody got."""

    status: int
    location: str
    text: str
    error: str = ""

    @classmethod
    def of(cls, response: Any) -> Answer:
        error = response.exc_info[1] if getattr(response, "exc_info", None) else None
        status, content = response.status_code, b""
        try:
            content = _content(response)
        except Exception as failed:  # whatever a view can do while its answer is read
            status, error = 500, failed
        headers = [
            f"{name}: {value}"
            for name, value in response.headers.items()
            if name.lower() not in _PLAIN
        ]
        text = content.decode(response.charset or "utf-8", "replace")
        location = response.headers.get("Location", "")
        return cls(status, location, "\n".join([*headers, text]), repr(error) if error else "")

    @property
    def is_refused(self) -> bool:
        """Whether nothing was shown or done: refused, not found, or sent to sign in."""
        return self.status in (401, 403, 404, 405, 410) or self._asks_to_sign_in

    @property
    def _asks_to_sign_in(self) -> bool:
        if not 300 <= self.status < 400:
            return False
        path = urlsplit(self.location).path
        if path == resolve_url(settings.LOGIN_URL):
            return True
        try:
            return resolve(path).url_name == "login"
        except Resolver404:
            return False

    def without(self, *values: Any) -> str:
        """Return all that it says, without what the request has said itself."""
        text = f"{self.location}\n{self.text}"
        for value in sorted(map(str, values), key=len, reverse=True):
            for form in {value, quote(value), quote(value, safe=""), html.escape(value)}:
                text = text.replace(form, "")
        return text

    def masked(self) -> str:
        """Return all that it says, without tokens and without the keys of new rows."""
        text = _TOKEN.sub("", f"{self.status}\n{self.text}")
        text = _TIMES.sub("", _KEYS.sub(r"\1", _LINKS.sub(_without_digits, text)))
        location = re.sub(r"\d+", "0", self.location)
        return f"{location}\n{text}"

    def at(self, url: str, *keys: Any) -> str:
        """Return all that it says, without the URL and the keys that were asked for."""
        text = _TOKEN.sub("", f"{self.status}\n{self.without(url)}")
        either = "|".join(re.escape(str(key)) for key in keys)
        return re.sub(rf"(?<!\w)(?:{either})(?!\w)", "", text)


def _content(response: Any) -> bytes:
    if not response.streaming:
        return bytes(response.content)
    if not getattr(response, "is_async", False):
        return bytes(response.getvalue())

    async def collected() -> bytes:
        return b"".join([part async for part in response.streaming_content])

    return bytes(async_to_sync(collected)())


def _without_digits(found: re.Match[str]) -> str:
    return re.sub(r"\d+", "0", found[0])


def forms_in(text: str) -> list[tuple[str, dict[str, str]]]:
    """Return (action, fields with what a browser would send) of each form that posts."""
    parser = _Forms()
    parser.feed(text)
    return parser.found


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str]]] = []
        self._fields: dict[str, str] | None = None
        self._select = self._area = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        name = given.get("name", "")
        if tag == "form" and given.get("method", "").lower() == "post":
            self._fields = {}
            self.found.append((given.get("action", ""), self._fields))
        elif self._fields is None:
            return
        elif tag == "select":
            self._select = name
            self._fields.setdefault(name, "")
        elif tag == "option" and self._select:
            value = given.get("value", "")
            if "selected" in given or (value and not self._fields[self._select]):
                self._fields[self._select] = value
        elif tag == "textarea" and name:
            self._area = name
            self._fields[name] = ""
        elif tag in ("input", "button") and name:
            self._input(name, given)

    def _input(self, name: str, given: dict[str, str]) -> None:
        fields = self._fields if self._fields is not None else {}
        kind = given.get("type", "text")
        if kind in ("checkbox", "radio") and "checked" not in given and name in fields:
            return
        if kind == "submit" and name in fields:
            return
        usual = {"checkbox": "on", "email": "kit@example.com", "number": "7", "date": "2026-01-02"}
        fields[name] = given.get("value") or usual.get(kind, "" if kind == "hidden" else TYPED)

    def handle_data(self, data: str) -> None:
        if self._area and self._fields is not None:
            self._fields[self._area] += data.strip()

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._fields = None
        elif tag == "select":
            self._select = ""
        elif tag == "textarea":
            if self._area and self._fields is not None and not self._fields[self._area]:
                self._fields[self._area] = TYPED
            self._area = ""
