import pytest
from django.utils import timezone

from organizations.fields import AutoCreatedField, AutoLastModifiedField, SlugField
from organizations.models import Organization


def make(name, **values):
    return Organization.objects.create(name=name, **values)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Acme", "acme"),
        ("Acme & Söhne Ltd.", "acme-söhne-ltd"),
        ("شركة المثال", "شركة-المثال"),
        ("Пример", "пример"),
        ("例の会社", "例の会社"),
        ("Rocket 🚀 Co", "rocket-co"),
        ("🚀", "organization"),
        ("", "organization"),
        ("---", "organization"),
        ("<b>bold</b>", "bboldb"),
        ("12345", "12345-2"),
        ("٣٤", "٣٤-2"),
        ("Admin", "admin-2"),
        ("Sign-Up", "sign-up-2"),
        ("LOGIN", "login-2"),
        ("two\nlines", "two-lines"),
        ("x" * 200, "x" * 200),
    ],
)
def test_slug_is_made_from_the_name(name, slug):
    made = make(name)
    made.refresh_from_db()
    assert made.slug == slug


@pytest.mark.django_db
def test_slug_of_a_very_long_name_is_cut_and_still_unique():
    slugs = []
    for _ in range(3):
        organization = Organization(name="ab " * 70)  # 210 characters
        organization.slug = organization._meta.get_field("slug").pre_save(organization, True)
        organization.name = "short"
        organization.save()
        slugs.append(organization.slug)
    assert len(set(slugs)) == 3
    assert all(len(slug) <= 200 for slug in slugs)


@pytest.mark.django_db
def test_namesakes_get_numbers(django_assert_num_queries):
    assert make("Acme").slug == "acme"
    assert make("Acme").slug == "acme-2"
    assert make("ACME!").slug == "acme-3"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("namesakes", "slug", "queries"),
    [(0, "acme", 1), (1, "acme-2", 2), (99, "acme-100", 2), (250, "acme-251", 4)],
)
def test_next_free_number_is_found_in_few_queries(
    namesakes, slug, queries, django_assert_num_queries
):
    Organization.objects.bulk_create(
        [
            Organization(name="Acme", slug=f"acme-{number}" if number > 1 else "acme")
            for number in range(1, namesakes + 1)
        ]
    )
    with django_assert_num_queries(queries + 1):  # and the insert
        assert make("Acme").slug == slug


@pytest.mark.django_db
def test_gap_in_the_numbers_is_used():
    for slug in ("acme", "acme-3"):
        make("Acme", slug=slug)
    assert make("Acme").slug == "acme-2"


@pytest.mark.django_db
@pytest.mark.parametrize("slug", ["mine", "admin", "123", "UPPER"])
def test_slug_that_was_set_is_kept(slug):
    """Forms and verbs refuse some; the field writes what it is given."""
    assert make("Acme", slug=slug).slug == slug


@pytest.mark.django_db
def test_slug_stays_when_the_name_changes(django_assert_num_queries):
    acme = make("Acme")
    acme.name = "Other"
    with django_assert_num_queries(1):
        acme.save()
    acme.refresh_from_db()
    assert acme.slug == "acme"


@pytest.mark.django_db
def test_emptied_slug_is_made_anew_and_may_be_the_row_s_own():
    acme = make("Acme")
    acme.slug = ""
    acme.save()
    assert acme.slug == "acme"


@pytest.mark.django_db
def test_model_may_bring_its_own_maker(monkeypatch):
    monkeypatch.setattr(
        Organization, "slugify_function", lambda self, text: text[:2].lower(), raising=False
    )
    assert [make("Acme").slug, make("Acorn").slug] == ["ac", "ac-2"]


@pytest.mark.parametrize("given", [{}, {"blank": False, "editable": True}, {"blank": True}])
def test_slug_field_is_written_into_migrations_in_one_form(given):
    field = SlugField(max_length=200, populate_from="name", unique=True, **given)
    field.set_attributes_from_name("slug")
    name, path, args, kwargs = field.deconstruct()
    assert (name, path, args) == ("slug", "organizations.fields.SlugField", [])
    assert kwargs == {
        "blank": True,
        "editable": False,
        "max_length": 200,
        "populate_from": "name",
        "unique": True,
    }


@pytest.mark.parametrize("given", [{}, {"blank": False, "editable": True}])
def test_slug_field_survives_copies(given):
    field = SlugField(max_length=200, populate_from=("name", "pk"), unique=True, **given)
    field.set_attributes_from_name("slug")
    twin = field.clone()
    assert twin.deconstruct()[1:] == field.deconstruct()[1:]
    assert twin.populate_from == ("name", "pk")


@pytest.mark.django_db
def test_slug_may_be_made_of_several_fields(monkeypatch):
    monkeypatch.setattr(
        Organization._meta.get_field("slug"), "populate_from", ("name", "is_active")
    )
    assert make("Acme").slug == "acme-true"


def test_slug_field_without_source_makes_nothing():
    field = SlugField(max_length=20)
    field.set_attributes_from_name("slug")
    assert field.pre_save(Organization(name="Acme", slug=""), True) == ""


@pytest.mark.django_db
def test_times_are_set_by_themselves():
    before = timezone.now()
    acme = make("Acme")
    assert before <= acme.created <= acme.modified <= timezone.now()
    created, modified = acme.created, acme.modified
    acme.save()
    assert acme.created == created
    assert acme.modified > modified


@pytest.mark.django_db
def test_time_of_creation_may_be_given():
    long_ago = timezone.now() - timezone.timedelta(days=900)
    assert make("Acme", created=long_ago).created == long_ago


@pytest.mark.parametrize("kind", [AutoCreatedField, AutoLastModifiedField])
def test_time_fields_are_written_into_migrations_with_their_default(kind):
    field = kind()
    field.set_attributes_from_name("moment")
    _, path, _, kwargs = field.deconstruct()
    assert path == f"organizations.fields.{kind.__name__}"
    assert kwargs == {"default": timezone.now, "editable": False}
    assert field.clone().deconstruct()[1:] == field.deconstruct()[1:]
