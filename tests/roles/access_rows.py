"""Rows of the table of access for the pages of roles; see tests/doors/test_access_table.py."""

from organizations.permissions import INVITE_MEMBER, VIEW_MEMBER
from organizations.roles import services
from tests.roles.crews.models import Crew

TABLE = """
organization_roles       GET   login 404 200 200 200 404 login 404 200 404
organization_roles       POST  login 404 405 405 405 404 login 404 405 404
organization_role        GET   login 404 200 200 200 404 login 404 200 404
organization_role        POST  login 404 405 405 405 404 login 404 405 404
organization_role_add    GET   login 404 403 200 200 404 login 404 200 404
organization_role_add    POST  login 404 403 302 302 404 login 404 302 404
organization_role_edit   GET   login 404 403 200 200 404 login 404 200 404
organization_role_edit   POST  login 404 403 200 200 404 login 404 200 404
organization_role_delete GET   login 404 403 200 200 404 login 404 200 404
organization_role_delete POST  login 404 403 302 302 404 login 404 302 404
organization_role_give   GET   login 404 403 200 200 404 login 404 200 404
organization_role_give   POST  login 404 403 302 302 404 login 404 302 404
organization_role_take   GET   login 404 403 200 200 404 login 404 200 404
organization_role_take   POST  login 404 403 200 200 404 login 404 200 404
organization_user_roles  GET   login 404 200 200 200 404 login 404 200 404
organization_user_roles  POST  login 404 302 200 200 404 login 404 200 404
"""


def prepare(world):
    world.role = services.create(
        world.acme, name="Sales", permissions=[VIEW_MEMBER, INVITE_MEMBER], actor=None
    )
    world.crew = Crew.objects.create(organization=world.acme, name="Night crew")
    world.given = services.assign(world.crew, world.role, actor=None)


def arguments(world, name):
    if name in {"organization_roles", "organization_role_add"}:
        return {}
    if name == "organization_user_roles":
        return {"user_pk": world.people["member"].pk}
    if name == "organization_role_take":
        return {"role": world.role.pk, "assignment_pk": world.given.pk}
    return {"role": world.role.pk}


def data_for(world, name):
    return {
        "organization_role_add": {"name": "Support", "permissions": [VIEW_MEMBER]},
        "organization_role_edit": {"name": "Sales", "permissions": [VIEW_MEMBER]},
        "organization_role_delete": {"replacement": "-"},
        "organization_role_give": {"group": f"crew:{world.crew.pk}"},
        "organization_user_roles": {f"has_{world.role.pk}": "on"},
    }.get(name, {})
