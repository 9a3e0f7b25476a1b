"""System checks: what is missing in a project, each with the lines to paste."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib.metadata import packages_distributions
from typing import Any

from django.apps import apps
from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.checks import CheckMessage, Error, Warning
from django.core.exceptions import FieldDoesNotExist, ImproperlyConfigured
from django.shortcuts import resolve_url
from django.template import TemplateDoesNotExist, engines, loader
from django.urls import NoReverseMatch, Resolver404, URLPattern, URLResolver, get_resolver, reverse

from . import conf, converters, families, jobs, permissions, resolvers, words
from .backends import invitation_backend, registration_backend
from .beside import source_of
from .decorators import REQUIRED
from .exceptions import UnknownPermission
from .management import ejecting
from .row_checks import check_newest
from .views.mixins import AccessRequiredMixin

__all__ = ["ALL_CHECKS"]


def check_families(**kwargs: Any) -> list[CheckMessage]:
    """E001: an organization model without its sisters. E010: a model without a needed field.

    W009: models that a project has joined in its own way, which this package does not know.
    """
    found: list[CheckMessage] = []
    for model, missing in families.incomplete():
        text, hint = _what_is_missing(model, missing)
        found.append(Error(text, hint=hint, obj=model, id="organizations.E001"))
    for model, missing in families.joined_otherwise():
        text, hint = _what_is_missing(model, missing)
        found.append(Warning(text, hint=hint, obj=model, id="organizations.W009"))
    for model, name in families.lacking():
        found.append(
            Error(
                f"{model._meta.label} has no field {name!r}.",
                hint=f"Searched the class in {model.__module__} and its bases. Add to the class:\n"
                f"    {_field(model, name)}",
                obj=model,
                id="organizations.E010",
            )
        )
    return found


def _what_is_missing(model: Any, missing: list[str]) -> tuple[str, str]:
    """Return what is wrong with a model without a family, and where and how to mend it."""
    wanted = ", ".join(missing) or "the relations"
    place = f"the module {model.__module__} and the app {model._meta.app_label}"
    return (
        f"{model._meta.label} has no complete family: {wanted} not found.",
        f"Searched {place}. Add there:\n{_lines_for(model, missing)}",
    )


def _lines_for(model: Any, missing: list[str]) -> str:
    """Return the lines that complete a family, in the line (abstract or base) of a model."""
    module = next(base.__module__ for base in model.__mro__ if base.__module__ in CLASSES)
    stem = model.__name__ if model.family_kind == "organization" else "Account"
    lines: list[str] = []
    for kind in missing or [each for each in families.KINDS if each != model.family_kind]:
        # A model that is there already needs the relation, not a twin.
        there = [
            each.__name__
            for each in families.declared(kind)
            if each._meta.app_label == model._meta.app_label and _is_alone(each)
        ]
        if there and kind != "organization":
            lines.append(f"    # in the class {' or '.join(there)}")
            relation = "OneToOneField" if kind == "owner" else "ForeignKey"
            lines.append(
                f'    organization = models.{relation}("{model._meta.label}", models.CASCADE, '
                f'related_name="{ORGANIZATION_NAMES[kind]}")'
            )
            continue
        base = CLASSES[module][kind]
        name = stem if kind == "organization" else f"{stem}{kind.title()}"
        lines.append(f"    from {module} import {base}")
        lines.append(f"    class {name}({base}): ...")
    return "\n".join(lines)


def _is_alone(model: Any) -> bool:
    try:
        families.family_of(model)
    except ImproperlyConfigured:
        return True
    return False


def _field(model: Any, name: str) -> str:
    """Return the line that declares a needed field."""
    family = families.family_of(model)
    reverse_name = "%(app_label)s_%(class)s"
    user = "settings.AUTH_USER_MODEL, models.CASCADE"
    lines = {
        "name": "models.CharField(max_length=200)",
        "is_active": "models.BooleanField(default=True)",
        "guid": "models.UUIDField(editable=False)",
        "invitee_identifier": "models.CharField(max_length=1000)",
        "users": "models.ManyToManyField(settings.AUTH_USER_MODEL, "
        f'through="{family.member._meta.label}", related_name="{reverse_name}")',
        "user": f'models.ForeignKey({user}, related_name="{reverse_name}")',
        "organization_user": f'models.OneToOneField("{family.member._meta.label}", models.CASCADE)',
        "invited_by": f'models.ForeignKey({user}, related_name="{reverse_name}_sent_invitations")',
        "invitee": f"models.ForeignKey({user}, null=True, blank=True, "
        f'related_name="{reverse_name}_invitations")',
    }
    return f"{name} = {lines[name]}"


#: What the relation to the organization is called from the other side.
ORGANIZATION_NAMES = {
    "member": "organization_users",
    "owner": "owner",
    "invitation": "organization_invites",
}

#: The classes to build a family on, by the module that a model of it comes from.
CLASSES = {
    "organizations.abstract": {
        "organization": "AbstractOrganization",
        "member": "AbstractOrganizationUser",
        "owner": "AbstractOrganizationOwner",
        "invitation": "AbstractOrganizationInvitation",
    },
    "organizations.base": {
        "organization": "OrganizationBase",
        "member": "OrganizationUserBase",
        "owner": "OrganizationOwnerBase",
        "invitation": "OrganizationInvitationBase",
    },
}


def check_settings(**kwargs: Any) -> list[CheckMessage]:
    """E002: ORGANIZATIONS has a mistake. E003: a backend cannot be loaded."""
    try:
        families.default_family()
    except ImproperlyConfigured as error:
        return [Error(str(error), id="organizations.E002")]
    found: list[CheckMessage] = []
    for load in (invitation_backend, registration_backend):
        try:
            load()
        except ImproperlyConfigured as error:
            found.append(Error(str(error), id="organizations.E003"))
    return found


def check_distributions(**kwargs: Any) -> list[CheckMessage]:
    """E004: django-organizations is installed beside this package."""
    owners = set(packages_distributions().get("organizations", []))
    if len(owners) < 2:
        return []
    return [
        Error(
            f"Two distributions bring the package 'organizations': {', '.join(sorted(owners))}. "
            "Which files are in use is left to chance.",
            hint="pip uninstall django-organizations django-orgkit && pip install django-orgkit",
            id="organizations.E004",
        )
    ]


def check_link_base(**kwargs: Any) -> list[CheckMessage]:
    """W011: nothing trustworthy names the host of links in mails."""
    if (
        settings.DEBUG
        or _setting("LINK_BASE")
        or apps.is_installed("django.contrib.sites")
        or "*" not in settings.ALLOWED_HOSTS
    ):
        return []
    return [
        Warning(
            "ALLOWED_HOSTS accepts any host and no setting names this site's address, so a "
            "forged Host header could lead the readers of our mails elsewhere. Mails are refused.",
            hint='ORGANIZATIONS = {"LINK_BASE": "https://app.example.com"}',
            id="organizations.W011",
        )
    ]


def check_urls(**kwargs: Any) -> list[CheckMessage]:
    """W001: no pages. W002: no login page. W010: nothing after it. W003: hidden patterns."""
    if _setting("RESERVED_SLUGS") is None:
        return []
    try:
        reverse("organization_list")
    except NoReverseMatch:
        return [
            Warning(
                "The pages of organizations are not included in the project's URLs.",
                hint='path("orgs/", include("organizations.urls")),',
                id="organizations.W001",
            )
        ]
    found: list[CheckMessage] = []
    if not _leads_somewhere(settings.LOGIN_REDIRECT_URL):
        found.append(
            Warning(
                f"LOGIN_REDIRECT_URL ({settings.LOGIN_REDIRECT_URL}) leads to no page, so people "
                "who have signed in find nothing.",
                hint='LOGIN_REDIRECT_URL = "organization_list"',
                id="organizations.W010",
            )
        )
    if not _leads_somewhere(settings.LOGIN_URL):
        found.append(
            Warning(
                f"LOGIN_URL ({settings.LOGIN_URL}) leads to no page, so nobody can sign in.",
                hint='path("accounts/", include("organizations.auth_urls")),',
                id="organizations.W002",
            )
        )
    hidden = [str(pattern.pattern) for pattern in _shadowed(get_resolver().url_patterns)]
    if hidden:
        found.append(
            Warning(
                f"These patterns stand behind organizations.urls under the same prefix and are "
                f"read as an organization's slug: {', '.join(hidden)}.",
                hint="Put them before it, or add their first word to "
                'ORGANIZATIONS = {"RESERVED_SLUGS": [...]}.',
                id="organizations.W003",
            )
        )
    return found


def _leads_somewhere(url: Any) -> bool:
    """Return whether a setting that names a page names one of this site, or another site's."""
    try:
        path = str(resolve_url(url)).partition("?")[0]
        if "://" not in path:
            get_resolver().resolve(path)
    except (NoReverseMatch, Resolver404):
        return False
    return True


def _shadowed(patterns: list[Any]) -> list[URLPattern]:
    """Return the later one-word patterns that share the prefix of ours."""
    ours = next(
        (
            each
            for each in patterns
            if isinstance(each, URLResolver)
            and getattr(each.urlconf_module, "__name__", "") == "organizations.urls"
        ),
        None,
    )
    if ours is None:
        return []
    prefix = str(ours.pattern)
    found: list[URLPattern] = []
    for later in patterns[patterns.index(ours) + 1 :]:
        route = str(later.pattern)
        if isinstance(later, URLResolver) and route == prefix:
            candidates = [each for each in later.url_patterns if isinstance(each, URLPattern)]
            words = [(each, str(each.pattern)) for each in candidates]
        elif isinstance(later, URLPattern) and route.startswith(prefix):
            words = [(later, route.removeprefix(prefix))]
        else:
            continue
        for each, rest in words:
            word = rest.rstrip("/")
            if not word or "/" in word or "<" in word or "^" in word:
                continue
            try:
                converters.OrganizationConverter().to_python(word)
            except ValueError:
                continue
            found.append(each)
    return found


def check_auth(**kwargs: Any) -> list[CheckMessage]:
    """W004: middleware is missing. W012: the user model has no e-mail field."""
    found: list[CheckMessage] = []
    needed = [
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
        "django.contrib.messages.middleware.MessageMiddleware",
    ]
    missing = [path for path in needed if path not in settings.MIDDLEWARE]
    if missing:
        found.append(
            Warning(
                "The pages of organizations need middleware that is not in MIDDLEWARE: "
                f"{', '.join(missing)}.",
                hint="MIDDLEWARE += [" + ", ".join(f'"{path}"' for path in missing) + "]",
                id="organizations.W004",
            )
        )
    model = get_user_model()
    try:
        model._meta.get_field(model.get_email_field_name())
    except FieldDoesNotExist:
        found.append(
            Warning(
                f"{model._meta.label} has no e-mail field, so nobody can be invited.",
                hint='Add "email = models.EmailField()", or set EMAIL_FIELD on the model.',
                obj=model,
                id="organizations.W012",
            )
        )
    return found


def check_middleware(**kwargs: Any) -> list[CheckMessage]:
    """E012: OrganizationMiddleware is missing or misplaced. W015: the switcher wants it."""
    ours = "organizations.middleware.OrganizationMiddleware"
    auth = "django.contrib.auth.middleware.AuthenticationMiddleware"
    lines = f'MIDDLEWARE = [..., "{auth}", "{ours}", ...]'
    order = list(settings.MIDDLEWARE)
    if ours in order:
        if auth in order[: order.index(ours)]:
            return []
        text = "OrganizationMiddleware stands before AuthenticationMiddleware in MIDDLEWARE."
        return [Error(text, hint=lines, id="organizations.E012")]
    if _setting("ORGANIZATION_RESOLVERS"):
        text = "ORGANIZATION_RESOLVERS is set, but OrganizationMiddleware is not in MIDDLEWARE."
        return [Error(text, hint=lines, id="organizations.E012")]
    if "org_switcher" in _base_template_source():
        text = "The base template shows the switcher, but OrganizationMiddleware is not there."
        return [
            Warning(
                f"{text} The switcher marks the current organization on the package's pages only.",
                hint=lines,
                id="organizations.W015",
            )
        ]
    return []


def _base_template_source() -> str:
    """Return the text of the project's own base template, or nothing."""
    name = _setting("BASE_TEMPLATE")
    return "" if not name or name.startswith("organizations/") else source_of(name)


def check_resolvers(**kwargs: Any) -> list[CheckMessage]:
    """E013: a resolver of ORGANIZATION_RESOLVERS cannot be loaded, or lacks what it needs."""
    if _setting("ORGANIZATION_RESOLVERS") is None:
        return []  # E002 says it
    try:
        chosen = resolvers.chosen()
    except ImproperlyConfigured as error:
        known = ", ".join(f'"organizations.resolvers.from_{n}"' for n in ("host", "header"))
        hint = f'Mend the path. There are {known} and "organizations.resolvers.from_session".'
        return [Error(str(error), hint=hint, id="organizations.E013")]
    found: list[CheckMessage] = []
    if resolvers.from_session in chosen and not any(
        path.endswith(".SessionMiddleware") for path in settings.MIDDLEWARE
    ):
        found.append(
            Error(
                "The resolver from_session needs sessions.",
                hint='MIDDLEWARE = ["django.contrib.sessions.middleware.SessionMiddleware", ...]',
                id="organizations.E013",
            )
        )
    if resolvers.from_host in chosen and _setting("ORGANIZATION_HOST") is None:
        found.append(
            Error(
                "The resolver from_host needs the host that subdomains stand below.",
                hint='ORGANIZATIONS = {"ORGANIZATION_HOST": "example.com"}',
                id="organizations.E013",
            )
        )
    return found


def check_templates(**kwargs: Any) -> list[CheckMessage]:
    """E008: templates are not found. W005: they get no request. E009: the base template."""
    try:
        loader.get_template("organizations/base.html")
    except (TemplateDoesNotExist, ImproperlyConfigured):
        return [
            Error(
                "The templates of organizations are not found.",
                hint='Set "APP_DIRS": True in TEMPLATES.',
                id="organizations.E008",
            )
        ]
    found: list[CheckMessage] = []
    wanted = "django.template.context_processors.request"
    processors = {
        path
        for engine in engines.all()
        for path in getattr(getattr(engine, "engine", None), "context_processors", [])
    }
    if wanted not in processors:
        found.append(
            Warning(
                "Templates do not get the request, so pages show no switcher and no sign-out.",
                hint=f'Add "{wanted}" to the context_processors in TEMPLATES.',
                id="organizations.W005",
            )
        )
    name = _setting("BASE_TEMPLATE")
    if not name:
        return found
    try:
        source = loader.get_template(name).template.source  # type: ignore[attr-defined]
    except TemplateDoesNotExist:
        found.append(
            Error(
                f"ORGANIZATIONS['BASE_TEMPLATE'] names {name!r}, which is not found.",
                hint="Name a template of the project, or remove the key.",
                id="organizations.E009",
            )
        )
        return found
    if "block content" not in source and "extends" not in source:
        found.append(
            Error(
                f"The base template {name!r} has no block named 'content', so pages stay empty.",
                hint="<main>{% block content %}{% endblock %}</main>",
                id="organizations.E009",
            )
        )
    return found


def check_copies(**kwargs: Any) -> list[CheckMessage]:
    """W016: a template that was copied into the project, and whose original has changed since."""
    return [
        Warning(
            f"{copy.path} was copied from an original that has changed since.",
            hint=f"manage.py organizations_eject {copy.name} --diff shows what is new; with --seen "
            "you say that you have looked.",
            id="organizations.W016",
        )
        for copy in ejecting.ejected()
        if copy.is_stale
    ]


def check_words(**kwargs: Any) -> list[CheckMessage]:
    """W017: the project has a word of its own, and none for a language of the site."""
    if _setting("NAME") is None:
        return []
    name_in = conf.get_settings().name_in
    missing = [code for code in words.spoken() if name_in(code) is None]
    if not missing:
        return []
    return [
        Warning(
            f"ORGANIZATIONS['NAME'] has no word for {', '.join(missing)}: the texts of these "
            "languages keep ours.",
            hint="ORGANIZATIONS = {"
            f'"NAME": {{"{missing[0]}": ("one", "many"), …}}}}  # and in LANGUAGES only what '
            "your site speaks",
            id="organizations.W017",
        )
    ]


def check_mail(**kwargs: Any) -> list[CheckMessage]:
    """W006: mail goes nowhere in production. W007: the default sender is untouched.

    W014: a mail server that hangs would hold the requests that send mail.
    """
    if settings.DEBUG:
        return []
    found: list[CheckMessage] = []
    # Django 6.1 has MAILERS instead; the older setting cannot be read then.
    name, mailers = "EMAIL_BACKEND", getattr(settings, "MAILERS", None)
    if mailers:
        mailer = mailers.get("default", {})
        name, backend = "The backend in MAILERS", str(mailer.get("BACKEND"))
        timeout = mailer.get("OPTIONS", {}).get("timeout")
    else:
        backend, timeout = settings.EMAIL_BACKEND, settings.EMAIL_TIMEOUT
    if backend.split(".")[-2:][0] in {"console", "dummy", "filebased"}:
        found.append(
            Warning(
                f"{name} is {backend}: invitations never arrive.",
                hint='Name "django.core.mail.backends.smtp.EmailBackend" there.',
                id="organizations.W006",
            )
        )
    if backend.split(".")[-2:][0] == "smtp" and timeout is None and not jobs.has_queue():
        found.append(
            Warning(
                "A mail server that hangs holds the request that sends the mail, since no "
                "timeout is set and the project has no queue.",
                hint='EMAIL_TIMEOUT = 10  # where there is MAILERS: "OPTIONS": {"timeout": 10}',
                id="organizations.W014",
            )
        )
    if settings.DEFAULT_FROM_EMAIL == "webmaster@localhost":
        found.append(
            Warning(
                "DEFAULT_FROM_EMAIL is webmaster@localhost: many servers refuse such mail.",
                hint='DEFAULT_FROM_EMAIL = "Example <hello@example.com>"',
                id="organizations.W007",
            )
        )
    return found


def check_acceptance(**kwargs: Any) -> list[CheckMessage]:
    """W008: people become members without being asked."""
    try:
        backend = invitation_backend()
    except ImproperlyConfigured:
        return []
    chosen = hasattr(settings, "INVITATION_BACKEND") or "INVITATION_BACKEND" in getattr(
        settings, "ORGANIZATIONS", {}
    )
    if backend.requires_acceptance or chosen:
        return []
    return [
        Warning(
            "The default invitation backend makes people members without asking them.",
            hint='ORGANIZATIONS = {"INVITATION_BACKEND": '
            '"organizations.backends.modeled.ModelInvitation"}',
            id="organizations.W008",
        )
    ]


def check_permissions(**kwargs: Any) -> list[CheckMessage]:
    """E011: a view asks for an unknown permission. W013: has_perm knows no organizations."""
    found: list[CheckMessage] = []
    if _setting("RESERVED_SLUGS") is None:
        return found  # the URLs cannot be read without settings; E002 says it
    for view, name in _asked_for(get_resolver().url_patterns):
        try:
            permissions.get(name)
        except UnknownPermission as error:
            found.append(
                Error(
                    f"{view.__module__}.{view.__name__} asks for a permission that nobody "
                    f"declared. {error}",
                    hint="Declare it in the permissions.py of an installed app, or mend the name.",
                    id="organizations.E011",
                )
            )
    # Who declares nothing of their own has no reason to ask Django.
    own = [each for each in permissions.declared() if not each.name.startswith("organizations.")]
    if own and "organizations.auth.OrganizationBackend" not in settings.AUTHENTICATION_BACKENDS:
        found.append(
            Warning(
                f"user.has_perm({own[0].name!r}, organization) answers False to everybody but "
                "superusers, since no authentication backend knows organizations.",
                hint='AUTHENTICATION_BACKENDS = ["django.contrib.auth.backends.ModelBackend", '
                '"organizations.auth.OrganizationBackend"]',
                id="organizations.W013",
            )
        )
    return found


def _asked_for(patterns: list[Any]) -> Iterator[tuple[Any, Any]]:
    """Yield each view that asks for a permission in our way, with the permission."""
    for each in patterns:
        if isinstance(each, URLResolver):
            yield from _asked_for(each.url_patterns)
            continue
        view = getattr(each.callback, "view_class", None)
        if view is not None and issubclass(view, AccessRequiredMixin):
            name = each.callback.view_initkwargs.get("permission", view.permission)
        else:
            view, name = each.callback, getattr(each.callback, REQUIRED, None)
        if name is not None:
            yield view, name


def _setting(name: str) -> Any:
    try:
        return getattr(conf.get_settings(), name)
    except ImproperlyConfigured:
        return None  # E002 says it


ALL_CHECKS: tuple[Callable[..., list[CheckMessage]], ...] = (
    check_families,
    check_settings,
    check_distributions,
    check_link_base,
    check_urls,
    check_auth,
    check_middleware,
    check_resolvers,
    check_templates,
    check_copies,
    check_words,
    check_mail,
    check_acceptance,
    check_permissions,
    check_newest,
)
