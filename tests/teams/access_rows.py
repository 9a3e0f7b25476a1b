"""The rows of the teams' pages in the table of ``tests/doors/test_access_table.py``."""

from organizations.teams import services

#                                 anonymous outsider member admin owner former deactivated
#                                 foreigner superuser restricted
TABLE = """
organization_teams                 GET   login 404 200 200 200 404 login 404 200 404
organization_teams                 POST  login 404 405 405 405 404 login 404 405 404
organization_team_add              GET   login 404 403 200 200 404 login 404 200 404
organization_team_add              POST  login 404 403 302 302 404 login 404 302 404
organization_team_detail           GET   login 404 200 200 200 404 login 404 200 404
organization_team_detail           POST  login 404 405 405 405 404 login 404 405 404
organization_team_edit             GET   login 404 403 200 200 404 login 404 200 404
organization_team_edit             POST  login 404 403 302 302 404 login 404 302 404
organization_team_delete           GET   login 404 403 200 200 404 login 404 200 404
organization_team_delete           POST  login 404 403 302 302 404 login 404 302 404
organization_team_member_add       GET   login 404 403 200 200 404 login 404 200 404
organization_team_member_add       POST  login 404 403 302 302 404 login 404 302 404
organization_team_member_remove    GET   login 404 403 200 200 404 login 404 200 404
organization_team_member_remove    POST  login 404 403 302 302 404 login 404 302 404
organization_team_member_lead      GET   login 404 405 405 405 404 login 404 405 404
organization_team_member_lead      POST  login 404 403 302 302 404 login 404 302 404
"""


def prepare(world):
    """Put a team within a team, with a member who can be removed, and one who can be added."""
    above = services.create(world.acme, name="Above", actor=None)
    world.team = services.create(world.acme, name="Crew", parent=above, actor=None)
    row = world.acme.organization_users.get(user=world.people["deactivated"])
    services.add_member(world.team, row, actor=None)


def arguments(world, name):
    if name in {"organization_teams", "organization_team_add"}:
        return {}
    kwargs = {"team_pk": world.team.pk}
    if name in {"organization_team_member_remove", "organization_team_member_lead"}:
        kwargs["user_pk"] = world.people["deactivated"].pk
    return kwargs


def data_for(world, name):
    return {
        "organization_team_add": {"name": "New", "parent": world.team.pk},
        "organization_team_edit": {"name": "Other", "description": "Words", "parent": ""},
        "organization_team_member_add": {"user": world.people["member"].pk},
        "organization_team_member_lead": {"lead": "yes"},
    }.get(name, {})
