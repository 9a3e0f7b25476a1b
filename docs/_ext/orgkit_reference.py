"""Directives that write the reference from the code: ``{orgkit-settings}`` and others.

Each takes no arguments and puts Markdown in its place. The functions behind them are what the
tests of the documentation read too.
"""

import ast
import pkgutil
import re
from dataclasses import fields
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

from django.apps import apps
from django.contrib.auth.decorators import login_required
from django.core.management import load_command_class
from django.urls import URLResolver
from docutils import nodes
from docutils.parsers.rst import Directive
from docutils.statemachine import StringList
from orgkit_states import states
from sphinx.pycode import ModuleAnalyzer

import organizations
from organizations import auth_urls, conf, permissions, urls
from organizations.backends.defaults import InvitationBackend, RegistrationBackend
from organizations.backends.modeled import ModelInvitation
from organizations.exceptions import OrganizationsError
from organizations.permissions import Standing

PACKAGE = Path(organizations.__file__).parent
TEMPLATES = PACKAGE / "templates"


def table(head, rows):
    lines = ["| " + " | ".join(head) + " |", "|" + " --- |" * len(head)]
    lines += ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows]
    return "\n".join(lines)


def markdown(docstring):
    """Return the first paragraph of a docstring, in Markdown's spelling of code."""
    return " ".join((docstring or "").strip().split("\n\n")[0].split()).replace("``", "`")


def settings():
    """Every key of ORGANIZATIONS, with type, default and the comment above it."""
    comments = ModuleAnalyzer.for_module("organizations.conf").find_attr_docs()
    parts = []
    for field in fields(conf.OrganizationsSettings):
        comment = markdown(" ".join(comments["OrganizationsSettings", field.name]))
        parts += [
            f"## {field.name}",
            comment,
            f"Type `{field.type}`, default `{field.default!r}`.",
        ]
    return "\n\n".join(parts)


def permission_table():
    def tick(permission, standing):
        return "yes" if standing in permission.default_for else ""

    groups = {}
    for each in permissions.declared():
        if each.name.startswith("organizations."):
            groups.setdefault(str(each.group), []).append(each)
    head = ["permission", "lets a person", "risk", "member", "admin", "owner", "constant"]
    parts = []
    for group, members in groups.items():
        rows = [
            (
                f"`{each.name}`",
                " ".join(filter(None, [f"{each.label}.", str(each.help), fixed(each)])),
                each.risk.value,
                *(tick(each, s) for s in (Standing.MEMBER, Standing.ADMIN, Standing.OWNER)),
                f"`{constant_of(each.name)}`",
            )
            for each in members
        ]
        parts += [f"**{group}**", table(head, rows)]
    return "\n\n".join(parts)


def fixed(permission):
    return "" if permission.grantable else "No role can hold it."


def constant_of(name):
    """Return where the constant of a permission stands, as module and name."""
    for config in apps.get_app_configs():
        module = f"{config.name}.permissions"
        if config.name.split(".")[0] == "organizations" and find_spec(module):
            for key in import_module(module).__all__:
                if getattr(import_module(module), key) == name:
                    return f"{module}.{key}"
    raise LookupError(f"{name}: no constant")


def walk(patterns, prefix=""):
    """Yield (route, name, view) of URL patterns, those of includes after them."""
    for pattern in patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from walk(pattern.url_patterns, route)
        else:
            yield route, pattern.name, pattern.callback


# Pages whose access is no permission of one organization.
WHO = {
    "organization_signup": "anybody; who is signed in is sent to `organization_add`",
    "organization_signup_done": "anybody",
    "registration_create": "anybody; who is signed in is sent to `organization_add`",
    "registration_success": "anybody",
    "registration_register": "whoever holds the mailed link",
    "invitations_register": "whoever holds the mailed link (default backend)",
    "invitations_open": "whoever holds the mailed link",
    "invitations_accept": "whoever came by the link",
    "organization_invitation_answer": "the signed-in reader of the invited address, or who asked "
    "to join; POST only",
    "organization_mails": "active staff",
    "organization_mail_preview": "active staff",
    "organization_restore": "the owner of an organization that was deleted on its page; by key",
    "organization_join": "who is signed in, if one of their verified addresses lets them join or "
    "the organization takes requests (modelled backend)",
    "organization_confirm": "everybody who is signed in",
    "organization_handover_answer": "the member to whom the ownership is offered, after a fresh "
    "sign-in",
    "organization_transfer": "`organizations.transfer_organization`, after a fresh sign-in",
    "organization_delete": "`organizations.delete_organization`, after a fresh sign-in",
    "organization_switch": "whoever may enter the organization",
    "organization_leave": "every member; the owner is told the way out",
    "organization_user_detail": "`organizations.view_member` for oneself, "
    "`organizations.change_member` for others",
    "organization_user_access": "`organizations.view_member` for oneself, "
    "`organizations.change_member` for others",
    "organization_invitation_resend": "`organizations.invite_member`; POST only",
}
SIGNED_IN = login_required(lambda request: None).__code__


def who_may(route, name, view):
    if "guid" in route:
        return "the signed-in reader of the invited address (modelled backend)"
    if name in WHO:
        return WHO[name]
    permission = getattr(getattr(view, "view_class", None), "permission", None)
    if permission:
        return f"`{permission}`"
    while view is not None:
        if view.__code__ is SIGNED_IN:
            return "everybody who is signed in"
        view = getattr(view, "__wrapped__", None)
    raise LookupError(f"{name}: nothing says who may open it")


def url_rows():
    """Return (route, name, who may) of every page, those of both invitation backends included."""
    found = {}
    backends = [
        ("register/", RegistrationBackend()),
        ("invitations/", InvitationBackend()),
        ("invitations/", ModelInvitation()),
    ]
    every = list(walk(urls.urlpatterns))
    for prefix, backend in backends:
        every += walk(backend.get_urls(), prefix)
    for route, name, view in every:
        shown = route.replace("<organization:organization_pk>", "<organization_pk>")
        shown = shown.replace("<str:", "<").replace("<int:", "<").replace("<uuid:", "<")
        found.setdefault((shown, name), who_may(route, name, view))
    return [(route, name, who) for (route, name), who in found.items()]


def url_table():
    rows = [(f"`{route or '(empty)'}`", f"`{name}`", who) for route, name, who in url_rows()]
    return table(["path below the include", "name", "who may open it"], rows)


def auth_url_table():
    rows = [(f"`{route}`", f"`{name}`") for route, name, _view in walk(auth_urls.urlpatterns)]
    return table(["path below the include", "name"], rows)


def modules():
    """Import and yield every module of the package but its migrations and commands."""
    for found in pkgutil.walk_packages([str(PACKAGE)], "organizations."):
        if ".migrations" not in found.name and ".commands." not in found.name:
            yield import_module(found.name)


def errors():
    """Return every error class of the package, the base first."""
    found = {OrganizationsError: None}
    for module in modules():
        for value in vars(module).values():
            if isinstance(value, type) and issubclass(value, OrganizationsError):
                found[value] = None
    return list(found)


def error_table():
    rows = [
        (
            "" if error.__name__.startswith("_") else f"`{error.__module__}.{error.__name__}`",
            f"`{error.code}`",
            str(error.status_hint),
            markdown(error.__doc__) if "__doc__" in vars(error) and error.__doc__ else "",
        )
        for error in errors()
    ]
    return table(["class", "code", "status", "meaning"], rows)


def wings():
    """Return the app configs of the optional apps that are installed."""
    return [each for each in apps.get_app_configs() if each.name.startswith("organizations.")]


def trees_of_checks():
    """Yield (app label, syntax tree) of each module of checks."""
    for app in [apps.get_app_config("organizations"), *wings()]:
        for path in [Path(app.path, "checks.py"), Path(app.path, "inspection.py")]:
            if path.exists():
                yield app.label, ast.parse(path.read_text(encoding="utf-8"))


def check_messages():
    """Yield (id, kind, message, hint) of every message that the checks can give."""
    for _label, tree in trees_of_checks():
        for node in ast.walk(tree):
            # Written as Error(...) or as checks.Error(...).
            kind = getattr(node, "func", None)
            kind = getattr(kind, "id", getattr(kind, "attr", ""))
            if kind in {"Error", "Warning", "Info"}:
                given = {keyword.arg: keyword.value for keyword in node.keywords}
                message, hint = node.args[0], given.get("hint")
                yield given["id"].value, kind, words(message), words(hint) if hint else ""


def words(node):
    """Return a text of the source, with an ellipsis for what only a run can tell."""
    match node:
        case ast.Constant():
            return str(node.value)
        case ast.JoinedStr():
            return "".join(words(part) for part in node.values)
        case ast.BinOp():
            return words(node.left) + words(node.right)
        case _:
            return "…"


def check_titles():
    """Return id -> what the docstring of its check says of it."""
    pattern = re.compile(r"([EW]\d{3}): (.+?)(?=\s[EW]\d{3}: |$)", re.DOTALL)
    return {
        f"{label}.{number}": " ".join(title.split())
        for label, tree in trees_of_checks()
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef)
        for number, title in pattern.findall(ast.get_docstring(node) or "")
    }


def check_list():
    parts = []
    titles = check_titles()
    for identity in sorted({found[0] for found in check_messages()}):
        parts.append(f"## {identity.removeprefix('organizations.')}")
        for _id, kind, message, hint in filter(lambda m: m[0] == identity, check_messages()):
            text = titles.get(_id, message) if message == "…" else message
            parts.append(f"`{identity}`, {kind.lower()}: {text}")
            if hint.strip("… "):
                parts.append("```text\n" + hint + "\n```")
    return "\n\n".join(parts)


def commands():
    """Return (name, command) of every command of the package."""
    return [
        (found.name, load_command_class(app.name, found.name))
        for app in [apps.get_app_config("organizations"), *wings()]
        for found in pkgutil.iter_modules([str(Path(app.path) / "management" / "commands")])
    ]


# Options that every command of Django has.
COMMON = {
    "help", "version", "verbosity", "settings", "pythonpath", "traceback", "no_color",
    "force_color", "skip_checks",
}  # fmt: skip


def command_list():
    parts = []
    for name, command in commands():
        parser = command.create_parser("manage.py", name)
        own = [action for action in parser._actions if action.dest not in COMMON]
        parts += [f"## {name}", command.help]
        if own:
            rows = []
            for action in own:
                label = ", ".join(action.option_strings) or action.dest
                value = f" {action.metavar or action.dest.upper()}"
                takes = value if action.option_strings and action.nargs != 0 else ""
                rows.append((f"`{label}{takes}`", str(action.help or "")))
            parts.append(table(["argument", "meaning"], rows))
    return "\n\n".join(parts)


def template_names():
    """Return the name of every template of the package, as Django knows it."""
    return sorted(
        path.relative_to(TEMPLATES).as_posix() for path in TEMPLATES.rglob("*") if path.is_file()
    )


def template_list():
    """The templates that are no pages: elements, mails, and the password pages."""
    groups = {
        "Elements": "organizations/elements/",
        "Parts": "organizations/parts/",
        "Sign-in and passwords": "organizations/auth/",
        "Mails": "organizations/email/",
    }
    parts = []
    for title, prefix in groups.items():
        names = [n.removeprefix(prefix) for n in template_names() if n.startswith(prefix)]
        parts += [f"### {title}", f"In `{prefix}`: " + ", ".join(f"`{n}`" for n in names) + "."]
    return "\n\n".join(parts)


def wing_list():
    """The public modules of the optional apps, and the settings of those that have some."""
    parts = ["Each of these apps is installed by its name, or left out."]
    if not wings():
        parts.append("These pages were made without any of them.")
    for wing in wings():
        parts += [f"## {wing.verbose_name}", f"`{wing.name}`"]
        # An app with services is used by its verbs; one without is used by its models.
        has_verbs = find_spec(f"{wing.name}.services") is not None
        rooms = (
            ("services", "registry")
            if has_verbs
            else ("scope", "models", "managers", "rls", "jobs")
        )
        for room in (*rooms, "exceptions", "permissions", "conf"):
            if find_spec(f"{wing.name}.{room}"):
                options = "   :members:\n   :exclude-members: __init__"
                directive = f".. automodule:: {wing.name}.{room}\n{options}"
                parts += [f"### {wing.name}.{room}", f"```{{eval-rst}}\n{directive}\n```"]
    return "\n\n".join(parts)


DIRECTIVES = {
    "orgkit-settings": settings,
    "orgkit-permissions": permission_table,
    "orgkit-urls": url_table,
    "orgkit-auth-urls": auth_url_table,
    "orgkit-errors": error_table,
    "orgkit-checks": check_list,
    "orgkit-commands": command_list,
    "orgkit-templates": template_list,
    "orgkit-wings": wing_list,
    "orgkit-states": states,
}


def directive_for(function):
    class Generated(Directive):
        has_content = True

        def run(self):
            # Headings need the page's own section level, which only the document parser keeps.
            section = nodes.section()
            section.document = self.state.document
            lines = function().splitlines()
            self.state.nested_parse(
                StringList(lines, source=function.__name__), 0, section, match_titles=True
            )
            return section.children

    return Generated


def setup(app):
    for name, function in DIRECTIVES.items():
        app.add_directive(name, directive_for(function))
    return {"version": "1", "parallel_read_safe": True}
