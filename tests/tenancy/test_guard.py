"""Every way to SQL: closed without a scope, filtered inside one, refused for another's rows."""

import contextlib

import pytest
from asgiref.sync import async_to_sync
from django import forms
from django.contrib.admin import ModelAdmin, site
from django.db import IntegrityError, models, transaction
from django.db.models import Count, Exists, F, OuterRef, Prefetch, Subquery, sql
from django.test.utils import isolate_apps

from organizations.models import Organization
from organizations.tenancy.exceptions import ScopeMismatch, ScopeMissing
from organizations.tenancy.managers import OwnedManager
from organizations.tenancy.scope import scope, unscoped
from tests.tenancy.files.models import Bookmark, Folder, Label

MINE = ["acme folder"]


def names(rows):
    return sorted(str(row) for row in rows)


def waited(function, *args, **kwargs):
    async def wait():
        return await function(*args, **kwargs)

    return async_to_sync(wait)()


async def _collected(rows):
    return [row async for row in rows]


async def _iterated(rows):
    return [row async for row in rows.aiterator()]


def of_sql(rows):
    return rows.query.get_compiler("default").as_sql()


#: name: (what runs with the two organizations, what Acme's scope has to see)
READS = {
    "all": (lambda two: names(Folder.objects.all()), MINE),
    "filter": (lambda two: names(Folder.objects.filter(name__contains="folder")), MINE),
    "exclude": (lambda two: names(Folder.objects.exclude(name="x")), MINE),
    "get": (lambda two: str(Folder.objects.get()), MINE[0]),
    "first": (lambda two: str(Folder.objects.order_by("-name").first()), MINE[0]),
    "last": (lambda two: str(Folder.objects.order_by("name").last()), MINE[0]),
    "latest": (lambda two: str(Folder.objects.latest("pk")), MINE[0]),
    "slice": (lambda two: names(Folder.objects.order_by("-pk")[:5]), MINE),
    "exists": (lambda two: Folder.objects.filter(name="zenith folder").exists(), False),
    "contains": (lambda two: Folder.objects.contains(two.zenith.folder), False),
    "count": (lambda two: Folder.objects.count(), 1),
    "len": (lambda two: len(Folder.objects.all()), 1),
    "aggregate": (lambda two: Folder.objects.aggregate(n=Count("pk"))["n"], 1),
    "aggregate of distinct": (
        lambda two: Folder.objects.distinct().aggregate(n=Count("pk"))["n"],
        1,
    ),
    "annotate": (
        lambda two: list(Folder.objects.annotate(n=Count("labels")).values_list("n", flat=True)),
        [1],
    ),
    "explain": (lambda two: bool(Folder.objects.explain()), True),
    "iterator": (lambda two: names(Folder.objects.iterator()), MINE),
    "async for": (lambda two: names(waited(_collected, Folder.objects.all())), MINE),
    "aiterator": (lambda two: names(waited(_iterated, Folder.objects.all())), MINE),
    "aget": (lambda two: str(waited(Folder.objects.aget)), MINE[0]),
    "aexists": (lambda two: waited(Folder.objects.aexists), True),
    "in_bulk": (lambda two: names(Folder.objects.in_bulk().values()), MINE),
    "values": (lambda two: list(Folder.objects.values("name")), [{"name": MINE[0]}]),
    "values_list": (lambda two: list(Folder.objects.values_list("name", flat=True)), MINE),
    "dates": (lambda two: len(Folder.objects.dates("made", "day")), 1),
    "only": (lambda two: names(Folder.objects.only("name")), MINE),
    "defer": (lambda two: names(Folder.objects.defer("organization")), MINE),
    "extra": (lambda two: names(Folder.objects.extra(where=["1 = 1"])), MINE),
    "raw": (
        lambda two: names(
            Folder.objects.raw("SELECT * FROM files_folder WHERE name = 'acme folder'")
        ),
        MINE,
    ),
    "union": (
        lambda two: names(Folder.objects.filter(name="x").union(Folder.objects.all())),
        MINE,
    ),
    "or": (lambda two: names(Folder.objects.filter(name="x") | Folder.objects.all()), MINE),
    "subquery": (
        lambda two: (
            list(
                Bookmark.objects.filter(folder__in=Folder.objects.all()).values_list(
                    "pk", flat=True
                )
            )
            == [two.acme.mark.pk]
        ),
        True,
    ),
    "Subquery": (
        lambda two: sorted(
            filter(
                None,
                Bookmark.objects.annotate(
                    n=Subquery(Folder.objects.filter(pk=OuterRef("folder")).values("name"))
                ).values_list("n", flat=True),
            )
        ),
        MINE,
    ),
    "Exists": (
        lambda two: Bookmark.objects.filter(
            Exists(Folder.objects.filter(pk=OuterRef("folder")))
        ).count(),
        1,
    ),
    "prefetch": (
        lambda two: [names(each.labels.all()) for each in prefetched()],
        [["acme label"]],
    ),
    "reverse manager": (lambda two: names(two.acme.organization.folder_set.all()), MINE),
    "reverse manager of the other": (
        lambda two: names(two.zenith.organization.folder_set.all()),
        [],
    ),
    "many-to-many": (lambda two: names(two.acme.folder.labels.all()), ["acme label"]),
    "select_related": (
        lambda two: str(Bookmark.objects.select_related("folder").get(pk=two.acme.mark.pk).folder),
        MINE[0],
    ),
    "foreign key": (lambda two: str(Bookmark.objects.get(pk=two.acme.mark.pk).folder), MINE[0]),
    "_base_manager": (lambda two: names(Folder._base_manager.all()), MINE),
    "field of another name": (lambda two: names(Label.objects.all()), ["acme label"]),
    "sql": (lambda two: two.acme.organization.pk in of_sql(Folder.objects.all())[1], True),
    "refresh_from_db": (lambda two: two.acme.folder.refresh_from_db(), None),
    "model choice field": (
        lambda two: names(forms.ModelChoiceField(Folder.objects.all()).queryset),
        MINE,
    ),
}


def prefetched():
    return Folder.objects.prefetch_related(Prefetch("labels", queryset=Label.objects.all()))


@pytest.mark.django_db
def test_every_read_is_closed_without_a_scope_and_filtered_in_one(two):
    wrong = []
    for name, (read, expected) in READS.items():
        # With policies as well, what points into a guarded row is not there either.
        with contextlib.suppress(ScopeMissing, Bookmark.DoesNotExist):
            wrong.append((name, "without a scope", read(two)))
        with scope(two.acme.organization):
            found = read(two)
        if found != expected:
            wrong.append((name, "in a scope", found))
    assert wrong == []


def test_rows_of_another_organization_do_not_become_objects(two, scopes_alone):
    other = two.zenith
    with scope(two.acme.organization):
        for read in (
            lambda: list(Folder.objects.raw("SELECT * FROM files_folder")),
            lambda: list(Folder.objects.raw("SELECT id, name FROM files_folder")),
            lambda: list(Bookmark.objects.select_related("folder")),
            lambda: (
                Bookmark.objects.select_related("folder").only("folder__name").get(pk=other.mark.pk)
            ),
        ):
            with pytest.raises(ScopeMismatch):
                read()
        with pytest.raises(Folder.DoesNotExist):
            Bookmark.objects.get(pk=other.mark.pk).folder.name  # noqa: B018  # is read
        with pytest.raises(Folder.DoesNotExist):
            other.folder.refresh_from_db()


def bulk(two, **options):
    return Folder.objects.bulk_create([Folder(name="acme folder")], **options)


#: What may not be done to Zenith's rows in Acme's scope.
WRITES = {
    "save": lambda two: two.zenith.folder.save(),
    "save of some fields": lambda two: two.zenith.folder.save(update_fields=["name"]),
    "save of a new row": lambda two: Folder(organization=two.zenith.organization).save(),
    "create": lambda two: Folder.objects.create(organization=two.zenith.organization),
    "acreate": lambda two: waited(Folder.objects.acreate, organization=two.zenith.organization),
    "create by the reverse manager": lambda two: two.zenith.organization.folder_set.create(),
    "get_or_create": lambda two: Folder.objects.get_or_create(
        organization=two.zenith.organization, name="new"
    ),
    "update_or_create": lambda two: Folder.objects.update_or_create(
        organization=two.zenith.organization, name="zenith folder"
    ),
    "bulk_create": lambda two: Folder.objects.bulk_create(
        [Folder(organization=two.zenith.organization)]
    ),
    "bulk_create over others": lambda two: bulk(
        two, update_conflicts=True, unique_fields=["id"], update_fields=["name"]
    ),
    "_insert": lambda two: Folder._base_manager._insert(
        [Folder(organization=two.zenith.organization)], fields=Folder._meta.concrete_fields[1:]
    ),
    "save_base": lambda two: Folder(organization=two.zenith.organization).save_base(raw=True),
    "delete": lambda two: two.zenith.folder.delete(),
    "moving rows away": lambda two: Folder.objects.update(organization=two.zenith.organization),
    "moving rows by an expression": lambda two: Folder.objects.update(
        organization=F("organization")
    ),
    "moving one row": lambda two: moved(two).save(),
    "bulk_update": lambda two: Folder.objects.bulk_update([moved(two)], ["organization"]),
    "a label": lambda two: Label.objects.create(company=two.zenith.organization),
}

#: What reaches no row of Zenith's in Acme's scope, and nothing at all without one.
HARMLESS = {
    "update": lambda two: Folder.objects.filter(name="zenith folder").update(name="x"),
    "update of a slice": lambda two: Folder.objects.filter(
        pk__in=Folder.objects.filter(name="zenith folder").values("pk")[:1]
    ).update(name="x"),
    "bulk_update": lambda two: Folder.objects.bulk_update([renamed(two)], ["name"]),
    "delete": lambda two: Folder.objects.filter(name="zenith folder").delete()[0],
    "fast delete": lambda two: Label.objects.filter(name="zenith label")._raw_delete("default"),
    "delete by cascade": lambda two: two.zenith.organization.folder_set.all().delete()[0],
}


def moved(two):
    return Folder(pk=two.acme.folder.pk, name="x", organization=two.zenith.organization)


def renamed(two):
    return Folder(pk=two.zenith.folder.pk, name="x")


def test_no_write_reaches_another_organization(two):
    wrong = []
    for writes, in_scope in ((WRITES, ScopeMismatch), (HARMLESS, None)):
        for name, write in writes.items():
            for opened, expected in ((None, ScopeMissing), (two.acme.organization, in_scope)):
                try:
                    with transaction.atomic():
                        done = run(write, two, opened)
                    if expected or done:
                        wrong.append((name, opened, done))
                except (ScopeMissing, ScopeMismatch) as error:
                    if type(error) is not expected:
                        wrong.append((name, opened, error))
    assert wrong == []
    with unscoped("what is there now"):
        assert names(Folder.objects.all()) == ["acme folder", "zenith folder"]
        assert names(Label.objects.all()) == ["acme label", "zenith label"]


def run(write, two, opened):
    if opened is None:
        return write(two)
    with scope(opened):
        return write(two)


def test_a_forged_key_writes_nothing(two):
    with scope(two.acme.organization), pytest.raises(IntegrityError), transaction.atomic():
        renamed(two).save()


def test_writes_are_stamped(two):
    with scope(two.acme.organization) as acme:
        made = [
            Folder.objects.create(name="a"),
            *Folder.objects.bulk_create([Folder(name="b")]),
            Folder.objects.get_or_create(name="c")[0],
            Folder.objects.update_or_create(name="d", defaults={"made": "2026-03-04"})[0],
            *Folder.objects.bulk_create(
                [Folder(name="e")],
                update_conflicts=True,
                unique_fields=["organization", "made", "name"],
                update_fields=["name"],
            ),
        ]
        assert {row.organization_id for row in made} == {acme.pk}
        assert Folder.objects.filter(name="a").update(name="z") == 1
        assert Folder.objects.filter(name="z").delete()[0] == 1
        assert two.acme.folder.delete()[0] == 3


def test_an_organization_takes_only_its_own_rows_with_it(two):
    with pytest.raises(ScopeMissing):
        type(two.acme.organization).objects.all().delete()
    two.acme.organization.delete()
    with unscoped("the rows of the other one are not in this scope"):
        assert Folder.objects.count() == 1
    with unscoped("what is left"):
        assert names(Folder.objects.all()) == ["zenith folder"]


class BookmarkForm(forms.ModelForm):
    """Made when no scope is open, as forms are."""

    class Meta:
        model = Bookmark
        fields = ["folder"]


def test_forms_and_the_admin_offer_only_rows_of_the_scope(two, rf):
    with scope(two.acme.organization):
        assert [label for _, label in BookmarkForm().fields["folder"].choices][1:] == MINE
        assert "folder" in BookmarkForm({"folder": two.zenith.folder.pk}).errors
        assert not BookmarkForm({"folder": two.acme.folder.pk}).errors
        assert names(ModelAdmin(Folder, site).get_queryset(rf.get("/"))) == MINE
        field = ModelAdmin(Bookmark, site).formfield_for_dbfield(
            Bookmark._meta.get_field("folder"), rf.get("/")
        )
        assert names(field.queryset) == MINE
    with pytest.raises(ScopeMissing):
        list(BookmarkForm().fields["folder"].choices)


def test_a_queryset_of_one_scope_is_refused_in_another(two):
    before = Folder.objects.all()
    with scope(two.acme.organization):
        begun = Folder.objects.all()
        continued = before.filter(name__contains="folder")
    for rows in (begun, continued):
        with pytest.raises(ScopeMissing):
            list(rows)
        with scope(two.zenith.organization), pytest.raises(ScopeMismatch):
            rows.count()
        with unscoped("even so"), pytest.raises(ScopeMismatch):
            rows.exists()
        with scope(two.acme.organization):
            assert names(rows.all()) == MINE
    with scope(two.zenith.organization):
        assert names(before) == ["zenith folder"]


def test_unscoped_reads_and_writes_everything(two):
    with unscoped("a report"):
        assert Folder.objects.count() == 2
        Folder.objects.update(name=models.functions.Upper("name"))
        two.zenith.folder.delete()
        assert names(Folder.objects.all()) == ["ACME FOLDER"]


@isolate_apps("tests.tenancy.files")
def inheriting():
    class Note(Folder):
        class Meta:
            app_label = "files"

    return Note


def test_the_key_of_a_parent_model_moves_no_rows(two):
    with scope(two.acme.organization):
        update = inheriting().objects.all().query.chain(sql.UpdateQuery)
        update.add_update_values({"organization": two.zenith.organization})
        with pytest.raises(ScopeMismatch):
            update.get_compiler("default")


def test_raw_without_a_scope_is_refused_where_it_finds_no_rows_too(db):
    with pytest.raises(ScopeMissing):
        list(Folder.objects.raw("SELECT * FROM files_folder WHERE 1 = 0"))


def test_nothing_is_linked_to_a_row_of_another_organization(two):
    acme, zenith = two.acme, two.zenith
    links = {
        "by object": lambda: acme.folder.labels.add(zenith.label),
        "by key": lambda: acme.folder.labels.add(zenith.label.pk),
        "backwards": lambda: acme.label.folder_set.add(zenith.folder),
        "set": lambda: acme.folder.labels.set([zenith.label]),
        "of a foreign row": lambda: zenith.folder.labels.add(acme.label),
        "clear a foreign row": lambda: zenith.folder.labels.clear(),
    }
    for name, link in links.items():
        with scope(acme.organization), pytest.raises(ScopeMismatch), transaction.atomic():
            link()
            pytest.fail(name)
        with pytest.raises(ScopeMissing), transaction.atomic():
            link()
            pytest.fail(name)
    with unscoped("what is there now"):
        assert names(acme.folder.labels.all()) == ["acme label"]
        assert names(zenith.folder.labels.all()) == ["zenith label"]
    with scope(acme.organization):
        acme.folder.labels.add(Label.objects.create(name="another"))
        assert names(acme.folder.labels.all()) == ["acme label", "another"]


@isolate_apps("tests.tenancy.files")
def test_a_row_that_holds_a_row_of_another_organization_is_not_saved(two):
    class Paper(models.Model):
        organization = models.ForeignKey(Organization, models.CASCADE, related_name="+")
        folder = models.ForeignKey(Folder, models.CASCADE, related_name="+")

        objects = OwnedManager()

        class Meta:
            app_label = "files"

        def __str__(self):
            return str(self.pk)

    with scope(two.acme.organization):
        for write in (Paper.save, lambda paper: Paper.objects.bulk_create([paper])):
            with pytest.raises(ScopeMismatch):
                write(Paper(folder=two.zenith.folder))
