"""What is wrong with a family is told by a check: the model, the place, the lines to add."""

from collections import defaultdict

import pytest
from django.core.checks import Error, Warning
from django.core.exceptions import ImproperlyConfigured
from django.db import models
from django.test.utils import isolate_apps

from organizations import abstract, base, families
from organizations.checks import check_families
from organizations.families import KINDS, family_of

FULL = {
    "organization": abstract.AbstractOrganization,
    "member": abstract.AbstractOrganizationUser,
    "owner": abstract.AbstractOrganizationOwner,
    "invitation": abstract.AbstractOrganizationInvitation,
}
MINIMAL = {
    "organization": base.OrganizationBase,
    "member": base.OrganizationUserBase,
    "owner": base.OrganizationOwnerBase,
    "invitation": base.OrganizationInvitationBase,
}
NAMES = {"organization": "Firm", "member": "Staff", "owner": "Boss", "invitation": "Offer"}


@pytest.fixture(autouse=True)
def registry(monkeypatch):
    """An empty registry in place of the project's, for models that do not stay behind."""
    with isolate_apps("tests.app") as apps:
        monkeypatch.setattr(families, "apps", apps)
        monkeypatch.setattr(families, "_by_module", defaultdict(list))
        monkeypatch.setattr(families, "_by_app", defaultdict(lambda: defaultdict(list)))
        yield apps


def declare(kind, *, bases=FULL, module="firm.models", called=None, **attributes):
    meta = type("Meta", (), {"app_label": "host"})
    attributes = {"__module__": module, "Meta": meta, **attributes}
    return type(called or NAMES[kind], (bases[kind],), attributes)


def told():
    return [(message.id.removeprefix("organizations."), message) for message in check_families()]


@pytest.mark.parametrize("bases", [FULL, MINIMAL], ids=["abstract", "base"])
@pytest.mark.parametrize("missing", KINDS)
def test_incomplete_family(missing, bases):
    made = {kind: declare(kind, bases=bases) for kind in KINDS if kind != missing}
    first = next(iter(made.values()))
    ((number, message),) = told()
    assert (number, type(message), message.obj) == ("E001", Error, first)
    assert message.msg == f"host.{first.__name__} has no complete family: {missing} not found."
    assert "Searched the module firm.models and the app host." in message.hint
    wanted = bases[missing]
    assert f"from {wanted.__module__} import {wanted.__name__}\n" in message.hint
    assert f"({wanted.__name__}): ..." in message.hint


def test_organization_alone():
    declare("organization")
    ((number, message),) = told()
    assert number == "E001"
    assert "member, owner, invitation not found" in message.msg
    for line in (
        "class FirmMember(AbstractOrganizationUser): ...",
        "class FirmOwner(AbstractOrganizationOwner): ...",
        "class FirmInvitation(AbstractOrganizationInvitation): ...",
    ):
        assert line in message.hint


def test_lines_to_add_do_what_they_say():
    """Pasting the hint completes the family."""
    firm = declare("organization")
    ((_, message),) = told()
    lines = message.hint.partition("\n")[2]
    scope = {"__name__": "firm.models", "__qualname__": "firm"}
    meta = "\n        class Meta:\n            app_label = 'host'"
    text = "\n".join(line.strip() for line in lines.splitlines()).replace(": ...", f":{meta}")
    exec(text, scope)
    assert told() == []
    assert family_of(firm).member is scope["FirmMember"]


def test_two_of_a_kind_in_an_app_spread_over_modules():
    """Which of the two belongs to the others cannot be guessed."""
    firm = declare("organization", module="a.models")
    for module, name in (("b.models", "One"), ("c.models", "Two")):
        declare("member", module=module, called=name)
    declare("owner", module="d.models")
    declare("invitation", module="e.models")
    message = next(message for _, message in told() if message.obj is firm)
    assert "# in the class One or Two" in message.hint
    assert (
        'organization = models.ForeignKey("host.Firm", models.CASCADE, '
        'related_name="organization_users")'
    ) in message.hint
    assert "# in the class Boss" in message.hint
    assert "OneToOneField" in message.hint


def test_relation_of_another_name():
    firm = declare("organization", module="a.models")
    declare("member", module="b.models", firm=models.ForeignKey(firm, models.CASCADE))
    declare(
        "owner",
        module="c.models",
        organization=models.OneToOneField(firm, models.CASCADE, related_name="owner"),
    )
    found = {message.obj: message for _, message in told()}
    assert "member" in found[firm].msg
    assert "# in the class Staff" in found[firm].hint


def test_pair_behind_a_complete_family_is_a_warning():
    for kind in KINDS:
        declare(kind)
    second = declare("organization", called="Second")
    assert [number for number, _ in told()] == ["E001"]
    declare("member", called="SecondStaff")
    ((number, message),) = told()
    assert (number, type(message), message.obj) == ("W009", Warning, second)
    assert "owner, invitation not found" in message.msg
    assert "class SecondOwner(AbstractOrganizationOwner): ..." in message.hint


def test_a_second_whole_set_in_a_module_is_a_family():
    first = {kind: declare(kind) for kind in KINDS}
    second = {kind: declare(kind, called=f"Second{NAMES[kind]}") for kind in KINDS}
    assert told() == []
    for made in (first, second):
        for model in made.values():
            assert family_of(model) == families.Family(**made)


def test_the_nearest_of_several_members_is_the_familys():
    made = {kind: declare(kind) for kind in KINDS}
    declare(
        "member",
        module="other.models",
        called="Guest",
        organization=models.ForeignKey(made["organization"], models.CASCADE, related_name="guests"),
        user=models.ForeignKey("auth.User", models.CASCADE, related_name="+"),
    )
    assert family_of(made["organization"]).member is made["member"]


LACKING = {
    ("organization", "name"): "name = models.CharField(max_length=200)",
    ("organization", "is_active"): "is_active = models.BooleanField(default=True)",
    ("invitation", "guid"): "guid = models.UUIDField(editable=False)",
    ("invitation", "invitee_identifier"): "invitee_identifier = models.CharField(max_length=1000)",
}


@pytest.mark.parametrize(("kind", "name"), LACKING)
def test_model_without_a_needed_field(kind, name):
    made = {each: declare(each, **({name: None} if each == kind else {})) for each in KINDS}
    ((number, message),) = told()
    assert (number, type(message), message.obj) == ("E010", Error, made[kind])
    assert message.msg == f"host.{NAMES[kind]} has no field {name!r}."
    assert "firm.models" in message.hint
    assert LACKING[kind, name] in message.hint


RELATIONS = {
    ("organization", "users"): 'through="host.Staff"',
    ("member", "user"): "user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE",
    ("owner", "organization_user"): 'models.OneToOneField("host.Staff", models.CASCADE)',
    ("invitation", "invited_by"): "_sent_invitations",
    ("invitation", "invitee"): "null=True, blank=True",
}


@pytest.mark.parametrize(("kind", "name"), RELATIONS)
def test_written_out_family_without_a_needed_relation(kind, name):
    """In modules of several apps nothing is added: what is written out is all there is."""

    def foreign(field=models.ForeignKey, to="auth.User", **options):
        return field(to, models.CASCADE, **options)

    written = {
        "organization": {
            "users": models.ManyToManyField("auth.User", through="host.Staff", related_name="+")
        },
        "member": {
            "user": foreign(related_name="+"),
            "organization": foreign(to="host.Firm", related_name="organization_users"),
        },
        "owner": {
            "organization_user": foreign(models.OneToOneField, "host.Staff"),
            "organization": foreign(models.OneToOneField, "host.Firm", related_name="owner"),
        },
        "invitation": {
            "invited_by": foreign(related_name="+"),
            "invitee": foreign(null=True, related_name="+"),
            "organization": foreign(to="host.Firm", related_name="organization_invites"),
        },
    }
    # A second organization in the app keeps the four from being joined.
    declare("organization", module="x.models", called="Elsewhere")
    del written[kind][name]
    made = {each: declare(each, module=f"{each}.models", **written[each]) for each in KINDS}
    (message,) = [message for number, message in told() if number == "E010"]
    assert message.obj is made[kind]
    assert message.msg == f"host.{NAMES[kind]} has no field {name!r}."
    assert RELATIONS[kind, name] in message.hint


@pytest.mark.parametrize("missing", KINDS)
def test_the_error_where_a_family_is_needed_names_model_and_places(missing):
    made = {kind: declare(kind) for kind in KINDS if kind != missing}
    for model in made.values():
        with pytest.raises(ImproperlyConfigured) as caught:
            family_of(model)
        for word in (model.__name__, "firm.models", "host", "'organization'"):
            assert word in str(caught.value)


def test_nothing_is_raised_when_models_are_declared():
    for kind in ("member", "invitation"):
        declare(kind, module=f"{kind}.models")
    for kind in ("owner", "owner", "organization"):
        declare(kind, module="double.models", called=f"Double{len(families.declared(kind))}{kind}")
    assert told()
