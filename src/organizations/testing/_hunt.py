"""The walk of the leak kit: who asks what, and what must not come of it."""

from __future__ import annotations

import json
import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from http.cookies import SimpleCookie
from itertools import permutations, product
from types import SimpleNamespace
from typing import Any

from django.conf import settings
from django.core.cache import caches
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.urls import NoReverseMatch
from django.views.generic.edit import ProcessFormView

from .. import resolvers
from ..conf import get_settings
from ..families import default_family
from ..services import members
from ..services.acting import acting_in
from . import make_member, make_organization, make_user
from ._answers import TYPED, Answer, forms_in
from ._filler import Filler, Marks, owners_of, target_of
from ._routes import Route, attribute_of, malformed, model_of, routes, unknown

__all__ = ["WORDS", "Hunt", "Leak"]

STRANGER, FORMER, RIVAL = "a stranger", "an ex-member", "the other organization's owner"
MEMBER, OWNER = "a member", "the owner"
OUTSIDE = (STRANGER, FORMER, RIVAL)

#: What may be declared of a route: who has to get in, and who has to be refused.
WORDS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "public": ((STRANGER, FORMER, RIVAL, MEMBER, OWNER), ()),
    "everybody": ((STRANGER, FORMER, RIVAL, MEMBER, OWNER), ()),
    "signed in": ((FORMER, RIVAL, MEMBER, OWNER), (STRANGER,)),
    "members": ((MEMBER, OWNER), OUTSIDE),
    "admins": ((OWNER,), (*OUTSIDE, MEMBER)),
    "insiders": ((), OUTSIDE),
    "nobody": ((), (*OUTSIDE, MEMBER, OWNER)),
    "any": ((), ()),
}
#: Of Django's own routes.
DJANGO = {"admin:login": "any", "admin:logout": "any", "admin:jsi18n": "any", "admin:*": "nobody"}

#: Up to this length, a key of a row may be a part of anything.
LONGEST_COMMON = 4

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
SAFE = ("GET", "HEAD", "OPTIONS")
#: What search pages are asked for: the beginning of every mark.
SEARCHES, START = ("q", "query", "search", "name"), "zq"
#: What list pages are asked to sort by.
ORDERINGS = ("ordering", "order_by", "order", "sort", "o")


@dataclass(frozen=True)
class Leak:
    """Something that one organization learns or changes of another, or a route that is odd."""

    route: str
    method: str
    actor: str
    case: str
    problem: str

    def __str__(self) -> str:
        return f"{self.method} {self.route}, {self.actor}, {self.case}: {self.problem}"


@dataclass
class _Side:
    """One of the two organizations, and what it has."""

    organization: Any
    owner: Any
    member: Any
    marks: Marks
    rows: dict[Any, list[Any]] = field(default_factory=dict)
    state: Any = None
    #: model -> keys of all its rows, the copies too.
    keys: dict[Any, list[Any]] = field(default_factory=dict)


class Hunt:
    def __init__(
        self, policy: Any, factories: Any, arguments: Any, request: Any, only: tuple[str, ...]
    ) -> None:
        self.found: list[Leak] = []
        self._only = only
        self._sessions: list[Any] = []
        self._policy, self._arguments, self._request = policy, arguments, request
        self._filler = Filler(factories)
        self._ours, self._theirs = _side("Acme"), _side("Zenith")
        former = make_user("kit-former")
        make_member(self._ours.organization, former)
        members.remove(self._ours.organization, former)
        self._clients = {
            STRANGER: Client(raise_request_exception=False),
            FORMER: self._signed_in(former, self._ours),
            RIVAL: self._signed_in(self._theirs.owner, self._theirs),
            MEMBER: self._signed_in(self._ours.member, self._ours),
            OWNER: self._signed_in(self._ours.owner, self._ours),
        }
        self._cookies = {
            actor: {name: morsel.value for name, morsel in client.cookies.items()}
            for actor, client in self._clients.items()
        }

    def _signed_in(self, user: Any, side: _Side) -> Client:
        client = Client(raise_request_exception=False)
        client.force_login(user)
        session = client.session
        # Where the person has switched to last, as a hint.
        resolvers.remember(SimpleNamespace(session=session), side.organization)  # type: ignore[arg-type]
        session.save()
        self._sessions.append(session)
        return client

    def run(self) -> None:
        ours, theirs = self._ours, self._theirs
        labels = [route.label for route in routes()]
        for name in (*self._policy, *self._only):
            if not any(fnmatchcase(label, name) or label == name for label in labels):
                raise ValueError(f"No route is called {name!r}.")
        ours.rows = self._filler.fill(ours.organization, ours.owner, ours.marks)
        walked = [
            route
            for route in routes()
            if any(fnmatchcase(route.label, pattern) for pattern in self._only)
            if self._is_declared(route)
        ]
        with _undone():
            theirs.rows = self._filler.fill(theirs.organization, theirs.owner, theirs.marks)
            self._shared = self._filler.copy(ours.rows, theirs.rows, theirs)
            connection.check_constraints()
            ours.state, theirs.state = self._state(ours), self._state(theirs)
            with acting_in(theirs.organization, theirs.owner):
                theirs.keys = {
                    model: list(self._rows_of(model, theirs).values_list("pk", flat=True))
                    for model in self._filler.models
                }
            for route in walked:
                self._clear()
                self._walk(route)
            questions = [each for route in walked for each in self._questions(route)]
            answers = [self._ask(question) for question in questions]
        for question, full in zip(questions, answers, strict=True):
            empty = self._ask(question)
            if full == empty:
                continue
            if empty == self._ask(question):
                self._leak(question, "says something else while the other organization is empty")
            else:
                route, method = question[0].label, question[1]
                warnings.warn(
                    f"{method} {route} says something else each time, and cannot be compared.",
                    stacklevel=1,
                )

    def _clear(self) -> None:
        """Forget what is cached, but not who is signed in."""
        for each in caches.all():
            each.clear()
        if settings.SESSION_ENGINE.endswith(".cache"):
            for session in self._sessions:
                session.save(must_create=True)

    # What is declared.

    def _word(self, route: Route) -> str | None:
        if route.label in self._policy:
            return str(self._policy[route.label])
        for pattern, word in self._policy.items():
            if fnmatchcase(route.label, pattern):
                return str(word)
        if route.module.startswith("organizations."):
            keywords = set(get_settings().ORGANIZATION_URL_KEYWORDS)
            return "insiders" if keywords & set(route.keywords) else "any"
        if route.module.startswith("django.contrib.auth"):
            return "any"
        return next((w for pattern, w in DJANGO.items() if fnmatchcase(route.label, pattern)), None)

    def _is_declared(self, route: Route) -> bool:
        if self._word(route) is None:
            self._say(route, "*", "anybody", "always", "is not declared in the policy")
            return False
        missing = [name for name in route.keywords if self._value(route, name, self._ours) is None]
        if missing and not _is_ours(route):
            problem = f"nobody can tell what {missing[0]!r} means: give it in arguments"
            self._say(route, "*", "anybody", "always", problem)
            return False
        try:
            route.url(self._values(route, self._ours))
        except NoReverseMatch:
            if _is_ours(route):
                return False
            self._say(route, "*", "anybody", "always", "has no URL for these arguments: name it")
            return False
        return True

    def _value(self, route: Route, name: str, side: _Side) -> Any:
        model = model_of(route, name, self._filler.models)
        given = self._arguments.get(f"{route.label}.{name}")
        if given is None and model is None:
            given = self._arguments.get(name)
        if callable(given):
            return given(side.organization, side.rows)
        if given is not None or model is None:
            return given
        if issubclass(model, default_family().organization):
            return side.organization.pk
        if isinstance(side.member, model):
            return side.member.pk
        rows = side.rows.get(model)
        return getattr(rows[0], attribute_of(route, name), None) if rows else None

    def _values(self, route: Route, side: _Side) -> dict[str, Any]:
        found = {name: self._value(route, name, side) for name in route.keywords}
        # A key of the package's own, which the kit has no row for.
        return {name: 987654 if value is None else value for name, value in found.items()}

    # What is asked.

    def _walk(self, route: Route) -> None:
        ours, theirs = self._values(route, self._ours), self._values(route, self._theirs)
        opened, refused = WORDS[self._word(route) or "any"]
        # The other side's own page first, and again: something may be kept between requests.
        self._visit(route, RIVAL, "GET", theirs, "with its own keys", self._theirs)
        answered = self._methods(route, ours)
        for actor, method in product((MEMBER, OWNER, *OUTSIDE), answered):
            if _is_ours(route) and (actor == OWNER or (actor != RIVAL and method != "GET")):
                continue  # what the package's own tests ask
            case = "with keys of the first" if actor in OUTSIDE else "with own keys"
            answer = self._visit(route, actor, method, ours, case, self._ours)
            if actor == RIVAL and ours == theirs and not self._tells_places_apart():
                continue  # nothing says whose it is, so the other owner asks for its own
            if answer.status >= 500:
                continue
            if actor in refused and not answer.is_refused:
                self._say(route, method, actor, case, f"gets in: {answer.status}")
            elif actor in opened and method == "GET" and answer.is_refused:
                self._say(route, method, actor, case, f"is refused: {answer.status}")
        self._visit(route, RIVAL, "GET", theirs, "with its own keys", self._theirs)
        for name in route.keywords:
            self._with_other_keys(route, name, ours, theirs, list(answered))
        if _is_ours(route):
            return
        if self._tells_places_apart():
            for method in answered:
                case = "in the other organization's place"
                answer = self._visit(route, MEMBER, method, ours, case, self._theirs)
                if MEMBER in opened and RIVAL in refused and not answer.is_refused:
                    self._say(route, method, MEMBER, case, f"gets in: {answer.status}")
        for actor in (MEMBER, OWNER):
            query = {**self._keys(), **dict.fromkeys(SEARCHES, START)}
            case = "with foreign keys in the query"
            self._visit(route, actor, "GET", ours, case, self._ours, query=query)
        for method in self._writing(answered):
            self._with_foreign_body(route, method, ours)

    def _tells_places_apart(self) -> bool:
        """Return whether a host or a header says whose a request is."""
        ours, theirs = self._ours.organization, self._theirs.organization
        return bool(self._request(ours) != self._request(theirs))

    def _methods(self, route: Route, ours: dict[str, Any]) -> dict[str, Answer]:
        """Return what the owner gets by each method that the route knows.

        Django's forms take PUT as they take POST.
        """
        view = getattr(route.view, "view_class", object)
        tried: tuple[str, ...] = METHODS
        if _is_ours(route):
            tried = ("GET", "POST")
        elif issubclass(view, ProcessFormView):
            tried = ("GET", "POST", "DELETE")
        answers = {
            method: self._send(route, OWNER, method, ours, self._ours)[0] for method in tried
        }
        return {method: answer for method, answer in answers.items() if answer.status != 405}

    def _writing(self, answered: dict[str, Answer]) -> Iterator[str]:
        for method, answer in answered.items():
            if method not in SAFE and not answer.is_refused:
                yield method

    def _with_other_keys(
        self, route: Route, name: str, ours: Any, theirs: Any, allowed: list[str]
    ) -> None:
        """Ask as a member and the owner, with one key that is foreign, unknown or malformed."""
        if theirs[name] == ours[name]:
            return
        nothing = {**ours, name: unknown(ours[name])}
        foreign = {**ours, name: theirs[name]}
        try:
            route.url(nothing)
        except NoReverseMatch:
            nothing = foreign  # no value of that form is unknown, so only look at the answer
        for actor in (MEMBER,) if _is_ours(route) else (MEMBER, OWNER):
            for method in allowed:
                case = f"with a foreign {name}"
                got = self._visit(route, actor, method, foreign, case, self._ours)
                expected, _ = self._send(route, actor, method, nothing, self._ours)
                # Either key, in both: a short one may be a part of anything.
                keys = (foreign[name], nothing[name])
                said = got.at(route.url(foreign), *keys)
                if said == expected.at(route.url(nothing), *keys) or (
                    name == "user_pk" and _is_ours(route)
                ):
                    continue
                again, _ = self._send(route, actor, method, foreign, self._ours)
                if again.at(route.url(foreign), *keys) != said:
                    continue  # it says something else each time
                refused = got.is_refused and expected.is_refused
                problem = "tells it from an unknown one" if refused else f"gets in: {got.status}"
                self._say(route, method, actor, case, problem)
            if _is_ours(route):
                continue
            for url in malformed(route.url(ours), ours[name]):
                self._asked(route, actor, "GET", url, f"with a malformed {name}", self._ours)

    def _with_foreign_body(self, route: Route, method: str, ours: dict[str, Any]) -> None:
        """Send what a form holds, with each key of a row replaced by one of the other side."""
        keys = self._keys()
        for body in self._bodies(route, ours):
            for name in [name for name in body if name.rpartition("-")[2] in keys]:
                sent = {**body, name: keys[name.rpartition("-")[2]]}
                for actor in (MEMBER, OWNER):
                    case = f"with a foreign {name} in the body"
                    self._visit(route, actor, method, ours, case, self._ours, sent)

    def _keys(self) -> dict[str, Any]:
        """Return what fields of forms may be called -> a key of the other organization."""
        theirs = self._theirs
        organization = default_family().organization._meta.concrete_model
        found = {}
        for model in self._filler.models:
            for each in (*model._meta.concrete_fields, *model._meta.local_many_to_many):
                if not each.is_relation:
                    continue
                target = target_of(each)
                if target is organization:
                    found[each.name] = theirs.organization.pk
                elif isinstance(theirs.owner, target):
                    found[each.name] = theirs.owner.pk
                elif theirs.rows.get(target):
                    found[each.name] = theirs.rows[target][0].pk
            found[model._meta.model_name] = theirs.rows[model][0].pk
        return found | {f"{name}_id": key for name, key in found.items()}

    def _bodies(self, route: Route, ours: dict[str, Any]) -> list[dict[str, Any]]:
        """Return what the owner would send: each form of the page, or every field there is."""
        answer, _ = self._send(route, OWNER, "GET", ours, self._ours)
        fields = self._fields()
        found: list[dict[str, Any]] = []
        if answer.status == 200:
            path = route.url(ours)
            for action, form in forms_in(answer.text):
                if action in ("", "#", path):
                    # A date or a number that nobody has typed would be refused first.
                    typed = {name: fields.get(name, TYPED) for name in form if form[name] == TYPED}
                    found.append({**form, **typed})
        return found or [fields]

    def _fields(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for model, rows in self._ours.rows.items():
            for each in (*model._meta.concrete_fields, *model._meta.local_many_to_many):
                if each.primary_key:
                    continue
                if each.many_to_many:
                    targets = self._ours.rows.get(target_of(each))
                    found.setdefault(each.name, targets[0].pk if targets else None)
                else:
                    found.setdefault(each.name, getattr(rows[0], each.attname))
        return {name: value for name, value in found.items() if value is not None}

    # Whether the other organization makes a difference.

    def _questions(self, route: Route) -> Iterator[Any]:
        ours = self._values(route, self._ours)
        yield route, "GET", MEMBER, ours, None, ""
        if _is_ours(route):
            return
        yield route, "GET", OWNER, ours, None, ""
        if not any(self._is_row(route, name) for name in route.keywords):
            names = {
                each.name for model in self._filler.models for each in model._meta.concrete_fields
            }
            plain, _ = self._send(route, OWNER, "GET", ours, self._ours)
            if plain.status == 200:
                for name in sorted(names):
                    for value in (name, f"-{name}"):
                        yield route, "GET", OWNER, ours, None, value
        for method in self._writing(self._methods(route, ours)):
            for body in self._bodies(route, ours):
                for sent in (body, *self._clashing(body)):
                    yield route, method, OWNER, ours, sent, ""

    def _is_row(self, route: Route, name: str) -> bool:
        return model_of(route, name, self._filler.models) in self._filler.models

    def _clashing(self, body: dict[str, Any]) -> Iterator[dict[str, Any]]:
        """Return a body with the values of the other organization's rows, model by model."""
        for model, rows in self._theirs.rows.items():
            values = {
                each.name: getattr(rows[0], each.attname)
                for each in model._meta.concrete_fields
                if not each.is_relation and not each.primary_key and each.name in body
            }
            if values:
                yield {**body, **values}

    def _ask(self, question: Any) -> str:
        route, method, actor, ours, sent, ordering = question
        self._clear()
        query = dict.fromkeys(ORDERINGS, ordering) if ordering else {}
        answer, _ = self._send(route, actor, method, ours, self._ours, sent, query)
        return answer.masked()

    def _leak(self, question: Any, problem: str) -> None:
        route, method, actor, _ours, sent, ordering = question
        case = f"ordered by {ordering}" if ordering else "with own keys"
        if sent:
            case = "with values of the other organization"
        self._say(route, method, actor, case, problem)

    # Requests, and what they have done.

    def _visit(
        self, route: Route, actor: str, method: str, values: Any, case: str, place: _Side,
        body: Any = None, query: Any = None,
    ) -> Answer:  # fmt: skip
        """Send a request and look at all that it must not show or do."""
        answer, changed = self._send(route, actor, method, values, place, body, query, watched=True)
        # A page may repeat what it was asked for. Short keys would be cut out of other words.
        said = [value for value in map(str, values.values()) if len(value) > LONGEST_COMMON]
        self._look(route, actor, method, case, answer, [route.url(values), *said])
        if changed:
            self._say(route, method, actor, case, changed)
        return answer

    def _asked(
        self, route: Route, actor: str, method: str, url: str, case: str, place: _Side
    ) -> None:
        client = self._clients[actor]
        with _undone():
            client.cookies = SimpleCookie(self._cookies[actor])
            response = client.generic(method, url, secure=True, **self._request(place.organization))
            answer = Answer.of(response)
        self._look(route, actor, method, case, answer, [url])

    def _look(
        self, route: Route, actor: str, method: str, case: str, answer: Answer, said: list[Any]
    ) -> None:
        if answer.status >= 500:
            self._say(route, method, actor, case, f"fails: {answer.error or answer.status}")
            return
        if self._word(route) == "public" and actor in OUTSIDE:
            return
        sides = {
            RIVAL: [self._ours],
            MEMBER: [self._theirs],
            OWNER: [self._theirs],
        }.get(actor, [self._ours, self._theirs])
        text = answer.without(*said)
        for side in sides:
            if value := side.marks.found_in(text, self._shared):
                self._say(
                    route, method, actor, case, f"shows {value!r} of {side.organization.name}"
                )

    def _send(
        self, route: Route, actor: str, method: str, values: Any, place: _Side, body: Any = None,
        query: Any = None, *, watched: bool = False,
    ) -> tuple[Answer, str]:  # fmt: skip
        """Send a request, undo it, and return the answer and what it changed elsewhere."""
        client = self._clients[actor]
        extra = {"secure": True, **self._request(place.organization)}
        if query:
            extra["query_params"] = query
        data: dict[str, Any] = {}
        if method not in SAFE:
            data = self._encoded(route, method, body or {})
        with _undone():
            client.cookies = SimpleCookie(self._cookies[actor])
            response = getattr(client, method.lower())(route.url(values), **data, **extra)
            answer = Answer.of(response)
            changed = ""
            if watched and method not in SAFE and answer.status < 400:
                changed = self._changed(actor)
        return answer, changed

    def _encoded(self, route: Route, method: str, body: dict[str, Any]) -> dict[str, Any]:
        # An API says what it is by its view; forms are what everything else takes.
        if hasattr(route.view, "cls") or method in ("PUT", "PATCH", "DELETE"):
            text = json.dumps(body, default=str)
            return {"data": text, "content_type": "application/json"}
        return {"data": {name: "" if value is None else value for name, value in body.items()}}

    def _changed(self, actor: str) -> str:
        try:
            connection.check_constraints()
        except DatabaseError:
            return ""  # the database refuses it, at the latest with the end of the transaction
        sides = {RIVAL: [self._ours], MEMBER: [self._theirs], OWNER: [self._theirs]}
        for side in sides.get(actor, [self._ours, self._theirs]):
            now = self._state(side)
            for name, before in side.state.items():
                if now[name] != before:
                    return f"changes {name} of {side.organization.name}"
        if actor in (MEMBER, OWNER):
            return self._crossing()
        return ""

    def _state(self, side: _Side) -> dict[str, Any]:
        """Return what an organization has, as values: itself, its members, rows and links."""
        family = default_family()
        organization = family.organization._base_manager.filter(pk=side.organization.pk)
        members = family.member._base_manager.filter(organization=side.organization)
        found = {
            "the organization": list(organization.values_list()),
            "the members": list(members.order_by("pk").values_list("user_id")),
        }
        with acting_in(side.organization, side.owner):
            for model in self._filler.models:
                names = [each.attname for each in model._meta.concrete_fields]
                rows = self._rows_of(model, side).order_by("pk")
                found[model._meta.label] = list(rows.values_list(*names))
                keys = [row.pk for row in side.rows.get(model, ())]
                for through, ends in owners_of(model):
                    for end in ends:
                        if target_of(end) is model:
                            links = through._base_manager.filter(**{f"{end.name}__in": keys})
                            found[through._meta.label] = list(links.order_by("pk").values_list())
        return found

    def _rows_of(self, model: Any, side: _Side) -> Any:
        return model._base_manager.filter(**{self._filler.path(model): side.organization})

    def _crossing(self) -> str:
        """Return what points from somewhere else at a row of the other organization."""
        theirs = self._theirs.rows
        known = self._theirs.keys
        with acting_in(self._ours.organization, self._ours.owner):
            for model in self._filler.models:
                for key in model._meta.concrete_fields:
                    if key.is_relation and theirs.get(target_of(key)):
                        pointing = {f"{key.name}__in": theirs[target_of(key)]}
                        rows = model._base_manager.filter(**pointing)
                        if rows.exclude(pk__in=known[model]).exists():
                            return f"points {model._meta.label}.{key.name} at a foreign row"
            for through, ends in (each for model in theirs for each in owners_of(model)):
                for here, there in permutations(ends, 2):
                    if target_of(here) in theirs and target_of(there) in theirs:
                        links = through._base_manager.filter(
                            **{f"{there.name}__in": theirs[target_of(there)]}
                        ).exclude(**{f"{here.name}__in": known[target_of(here)]})
                        if links.exists():
                            return f"links {through._meta.label} to a foreign row"
        return ""

    def _say(self, route: Route, method: str, actor: str, case: str, problem: str) -> None:
        self.found.append(Leak(route.label, method, actor, case, problem))


def _side(name: str) -> _Side:
    marks = Marks()
    owner = make_user(marks.text("owner", 30))
    organization = make_organization(f"{name} {marks.text('', 20)}", owner=owner)
    member = make_user(marks.text("member", 30))
    make_member(organization, member)
    return _Side(organization, owner, member, marks)


def _is_ours(route: Route) -> bool:
    """Return whether a route is of this package or of Django, and no page of the project."""
    return route.label.startswith("admin:") or bool(
        re.match(r"organizations\.|django\.contrib\.", route.module)
    )


class _undone:
    """A block whose changes of the database are taken back."""

    def __enter__(self) -> None:
        self._atomic = transaction.atomic()
        self._atomic.__enter__()

    def __exit__(self, *error: Any) -> None:
        if error[0] is None:
            transaction.set_rollback(True)
        self._atomic.__exit__(*error)
