"""Two want one slug at the same time: one organization has or had it, never two."""

from functools import partial

import pytest
from django.db import IntegrityError, connection
from django.utils import timezone

from organizations import testing
from organizations.exceptions import OrganizationStateError, PermissionMissing, SlugTaken
from organizations.models import FormerSlug, Organization, OrganizationRecord
from organizations.services import closing, organizations
from tests.ownership.test_races import DONE, ROUNDS, Race, Threads, run, user, while_open

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgres]


def fresh(organization):
    return Organization.objects.get(pk=organization.pk)


class RenameAgainstCreation(Race):
    """The slug is just left: it stays with who leaves it."""

    outcomes = {(DONE, SlugTaken)}

    def begin(self):
        FormerSlug.objects.all().delete()
        OrganizationRecord.objects.all().delete()
        super().begin()
        testing.make_user("di")
        self.other = testing.make_organization("Other", owner="olga")

    def actions(self):
        return [
            partial(organizations.change, fresh(self.acme), slug="new"),
            partial(organizations.create, user("di"), name="X", slug="acme"),
        ]

    def check(self, outcomes):
        names = [*Organization.objects.values_list("slug", flat=True)]
        names += FormerSlug.objects.values_list("slug", flat=True)
        assert len(names) == len(set(names)), names


class RenameAgainstRename(RenameAgainstCreation):
    def actions(self):
        return [
            partial(organizations.change, fresh(self.acme), slug="new"),
            partial(organizations.change, fresh(self.other), slug="acme"),
        ]


class RenameAgainstMadeSlug(RenameAgainstCreation):
    """A slug that is made gives way."""

    outcomes = {(DONE, DONE)}

    def actions(self):
        rename, _create = super().actions()
        return [rename, partial(organizations.create, user("di"), name="Acme")]

    def check(self, outcomes):
        super().check(outcomes)
        assert Organization.objects.filter(slug="acme-2").exists()


class TakingBackAgainstCreation(RenameAgainstCreation):
    def begin(self):
        super().begin()
        organizations.change(self.acme, slug="new")

    def actions(self):
        _rename, create = super().actions()
        return [partial(organizations.change, fresh(self.acme), slug="acme"), create]


class SuspensionAgainstOpening(RenameAgainstCreation):
    """Code opens what an operator suspends at the same time."""

    outcomes = {(DONE, DONE), (DONE, OrganizationStateError)}

    def begin(self):
        super().begin()
        organizations.change(self.acme, is_active=False)

    def actions(self):
        return [
            partial(closing.suspend, fresh(self.acme), actor=None, now=timezone.now()),
            partial(organizations.change, fresh(self.acme), is_active=True),
        ]

    def check(self, outcomes):
        assert not fresh(self.acme).is_active


class SuspensionAgainstRenaming(SuspensionAgainstOpening):
    """The owner does nothing any more once the organization is suspended."""

    outcomes = {(DONE, DONE), (DONE, PermissionMissing)}

    def begin(self):
        RenameAgainstCreation.begin(self)

    def actions(self):
        suspend, _open = super().actions()
        change = partial(organizations.change, fresh(self.acme), actor=user("ada"), name="New")
        return [suspend, change]

    def check(self, outcomes):
        super().check(outcomes)
        assert (fresh(self.acme).name == "New") == (outcomes[1] is DONE)


class PurgeAgainstRestoring(RenameAgainstCreation):
    """It is gone or it is there, whole."""

    outcomes = {(DONE, DONE), (DONE, Organization.DoesNotExist)}

    def begin(self):
        super().begin()
        self.moment = timezone.now()
        closing.close(self.acme, actor=None, now=self.moment - timezone.timedelta(days=30))

    def actions(self):
        before = self.moment - timezone.timedelta(microseconds=1)
        return [
            partial(closing.purge, now=self.moment),
            partial(closing.restore, fresh(self.acme), actor=None, now=before),
        ]

    def check(self, outcomes):
        there = Organization.objects.filter(pk=self.acme.pk, is_active=True)
        assert there.exists() == (outcomes[1] is DONE)


RACES = [
    *(RenameAgainstCreation, RenameAgainstRename, RenameAgainstMadeSlug),
    *(TakingBackAgainstCreation, SuspensionAgainstOpening, SuspensionAgainstRenaming),
    PurgeAgainstRestoring,
]


@pytest.mark.parametrize("race", RACES, ids=lambda race: race.__name__)
def test_no_race_breaks_it(race):
    run(race, 6)


@pytest.mark.slow
@pytest.mark.parametrize("race", RACES, ids=lambda race: race.__name__)
def test_no_race_breaks_it_in_many_rounds(race):
    run(race, ROUNDS)


@pytest.mark.parametrize(
    "race", [RenameAgainstCreation, RenameAgainstRename, TakingBackAgainstCreation]
)
def test_second_waits_for_the_slug_and_then_does_not_get_it(race):
    """The write itself waits for who is just leaving the slug; a look before it would not."""
    each = race()
    each.begin()
    first, second = each.actions()
    assert while_open(first, second) is SlugTaken
    each.check((DONE, SlugTaken))


@pytest.mark.parametrize(
    ("goes", "outcome"),
    [
        (lambda acme: organizations.change(acme, slug="new"), SlugTaken),
        (organizations.delete, DONE),
    ],
    ids=["renamed", "deleted"],
)
def test_who_has_the_slug_goes_between_the_refusal_and_the_question_why(goes, outcome):
    acme = testing.make_organization("Acme", owner="ada")
    other = testing.make_organization("Other", owner="olga")
    refused = []

    def meanwhile(execute, *args):
        try:
            return execute(*args)
        except IntegrityError:
            if not refused:
                refused.append(True)
                with Threads(1) as threads:
                    assert threads.at_once(lambda: goes(fresh(acme))) == (DONE,)
            raise

    with connection.execute_wrapper(meanwhile):
        try:
            came = organizations.change(fresh(other), slug="acme") and DONE
        except SlugTaken:
            came = SlugTaken
    assert refused and came is outcome
