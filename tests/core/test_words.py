"""The project's own word for an organization, in each language that the package speaks."""

import pickle
import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.template import Context, Template, TemplateSyntaxError
from django.test import override_settings
from django.utils import translation
from django.utils.safestring import SafeData, mark_safe

from organizations import words
from organizations.conf import get_settings
from organizations.words import RULES, _renamed
from tools.catalogues import catalogue, languages, texts


def english(text, one="clinic", many="clinics"):
    return _renamed(text, RULES["en"], one, many)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("Leave the organization.", "Leave the clinic."),
        ("Your organizations", "Your clinics"),
        ("Organizations", "Clinics"),
        ("An organization needs an organization; an admin", "A clinic needs a clinic; an admin"),
        ("an\n organization", "a\n clinic"),
        ("the organization’s owner, organisations", "the clinic’s owner, clinics"),
        ("“Your organizations”; (an organization)", "“Your clinics”; (a clinic)"),
        ("than organization", "than clinic"),
    ],
)
def test_english(text, says):
    assert english(text) == says


@pytest.mark.parametrize(
    "text",
    [
        "django-organizations", "ORGANIZATIONS", "organizations.view_member", "organization_pk",
        "with scope(organization):", "/organizations/", "https://example.com/organization/1",
        "organizational", "disorganization",
    ],
)  # fmt: skip
def test_what_is_code_keeps_our_word(text):
    assert english(text) == text


@pytest.mark.parametrize(
    ("word", "article"),
    [
        ("agency", "an"), ("office", "an"), ("institute", "an"), ("umbrella", "an"),
        ("unincorporated firm", "an"), ("hour bank", "an"), ("honours club", "an"), ("HQ", "an"),
        ("NGO", "an"), ("éclair shop", "an"),
        ("team", "a"), ("unit", "a"), ("university", "a"), ("union", "a"), ("user group", "a"),
        ("utility", "a"), ("EU", "an"), ("European branch", "a"), ("one-man show", "a"),
        ("house", "a"), ("care home", "a"), ("PTA", "a"),
    ],
)  # fmt: skip
def test_the_english_article(word, article):
    assert english("Add an organization", word, word) == f"Add {article} {word}"
    capital = word[0].upper() + word[1:]
    assert english("An organization", word, word) == f"{article.capitalize()} {word}"
    assert english("Organization", word, word) == capital


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("Diese Organisation verlassen", "Diese Praxis verlassen"),
        ("Ihre Organisationen", "Ihre Praxen"),
        ("Organisationseigentümer", "Praxis-Eigentümer"),
        ("Organisations-Eintrag", "Praxis-Eintrag"),
        ("%(Organisation)s „Organisation“", "%(Organisation)s „Praxis“"),
        ("Organisatorisches", "Organisatorisches"),
    ],
)
def test_german(text, says):
    assert _renamed(text, RULES["de"], "Praxis", "Praxen") == says


@pytest.mark.parametrize(
    ("text", "clinic", "agency"),
    [
        ("L’organisation", "La clinique", "L’agence"),
        ("de l'organisation.", "de la clinique.", "de l'agence."),
        ("Pages d’organisations", "Pages de cliniques", "Pages d’agences"),
        ("une organisation", "une clinique", "une agence"),
        ("Organisations", "Cliniques", "Agences"),
        ("qu’organisation", "que clinique", "qu’agence"),
        ("quitter son organisation", "quitter sa clinique", "quitter son agence"),
        ("D’organisation", "De clinique", "D’agence"),
        ("désorganisation", "désorganisation", "désorganisation"),
    ],
)
def test_french(text, clinic, agency):
    assert RULES["fr"](text, "clinique", "cliniques") == clinic
    assert RULES["fr"](text, "agence", "agences") == agency


def test_french_words_of_other_vowels():
    for word in ("équipe", "école", "œuvre", "unité"):
        assert RULES["fr"]("à l’organisation", word, word) == f"à l’{word}"


def test_spanish_and_portuguese():
    spanish, portuguese = RULES["es"], RULES["pt"]
    assert spanish("Crear organización", "clínica", "clínicas") == "Crear clínica"
    assert spanish("Tus organizaciones.", "clínica", "clínicas") == "Tus clínicas."
    assert spanish("Organizaciones", "clínica", "clínicas") == "Clínicas"
    assert portuguese("Esta organização", "clínica", "clínicas") == "Esta clínica"
    assert portuguese("Organizações", "clínica", "clínicas") == "Clínicas"


def test_japanese():
    assert RULES["ja"]("この組織のオーナー", "医院", "医院") == "この医院のオーナー"


@pytest.mark.parametrize(
    ("text", "clinic", "committee"),
    [
        ("المؤسسة.", "العيادة.", "اللجنة."),
        ("مؤسسة", "عيادة", "لجنة"),
        ("المؤسسات", "العيادات", "اللجان"),
        ("للمؤسسة", "للعيادة", "للجنة"),
        ("لمؤسسة", "لعيادة", "للجنة"),
        ("وبالمؤسسة", "وبالعيادة", "وباللجنة"),
        ("مؤسستك", "عيادتك", "لجنتك"),
        ("مؤسساته", "عياداته", "لجانه"),
        ("مؤسس", "مؤسس", "مؤسس"),
    ],
)
def test_arabic(text, clinic, committee):
    assert RULES["ar"](text, "عيادة", "عيادات") == clinic
    assert RULES["ar"](text, "لجنة", "لجان") == committee


OUR_WORD = {
    "en": "organi[sz]ation", "de": "organisation", "fr": "organisation", "es": "organizaci",
    "pt_BR": "organiza", "ja": "組織", "ar": "مؤسس",
}  # fmt: skip


def sentences(language):
    if language == "en":
        return {text for key in texts() for text in key[:2] if text}
    found = set()
    for message in catalogue(language):
        if message.id:
            string = message.string
            found.update((string,) if isinstance(string, str) else string)
    return found


@pytest.mark.parametrize("language", ["en", *languages()])
def test_no_text_of_a_catalogue_keeps_our_word(language):
    """A text that says it in a form that the rules do not know is found here."""
    rule, ours, changed = RULES[language.partition("_")[0]], OUR_WORD[language], 0
    for text in sentences(language):
        renamed = _renamed(text, rule, "X", "XX")
        changed += renamed != text
        rest = re.sub(r"%\(\w+\)s|scope\(organization\)", "", renamed)
        assert not re.search(ours, rest, re.IGNORECASE), text
        assert re.findall(r"%\(\w+\)s|<[^>]*>", renamed) == re.findall(r"%\(\w+\)s|<[^>]*>", text)
    assert changed > 100


@pytest.fixture
def clinic(settings):
    """A project of clinics, in English, German and Portuguese."""
    settings.ORGANIZATIONS = {
        "NAME": {
            "en": ("clinic", "clinics"),
            "de": ["Praxis", "Praxen"],
            "pt": ("clínica", "clínicas"),
        }
    }


@pytest.mark.parametrize(
    ("language", "says"),
    [
        ("en", "Your clinics"),
        ("en-gb", "Your clinics"),
        ("de", "Ihre Praxen"),
        ("de-at", "Ihre Praxen"),
        ("pt-br", "Suas clínicas"),
        ("fr", "Vos organisations"),
        ("it", "Your clinics"),  # no catalogue: the text is English, and so is the word
    ],
)
def test_each_language_has_its_word_or_keeps_ours(language, says, clinic):
    with translation.override(language):
        assert words.gettext("Your organizations") == says
        assert str(words.gettext_lazy("Your organizations")) == says


def test_a_language_without_a_catalogue_takes_the_word_of_where_it_falls_back(clinic):
    # LOCALE_PATHS: Django forgets then what it has read, and where that falls back.
    with override_settings(LANGUAGE_CODE="de", LOCALE_PATHS=[]), translation.override("it"):
        assert words.gettext("Your organizations") == "Ihre Praxen"


def test_a_plain_pair_is_english(settings):
    settings.ORGANIZATIONS = {"NAME": ("agency", "agencies")}
    with translation.override("en"):
        assert words.gettext("An organization") == "An agency"
    with translation.override("de"):
        assert words.gettext("Your organizations") == "Ihre Organisationen"


def test_numbers_contexts_and_lazy_texts(clinic):
    one, many = "%(count)s organization", "%(count)s organizations"
    with translation.override("en"):
        assert words.ngettext(one, many, 1) == "%(count)s clinic"
        assert words.npgettext("here", one, many, 2) == "%(count)s clinics"
        assert words.pgettext("here", "Leave the organization") == "Leave the clinic"
        lazy = words.ngettext_lazy(one, many, "count")
        assert lazy % {"count": 2} == "2 clinics"
        assert pickle.loads(pickle.dumps(lazy)) % {"count": 1} == "1 clinic"
        assert str(pickle.loads(pickle.dumps(words.gettext_lazy("organization")))) == "clinic"


def test_a_text_is_as_safe_as_it_was(clinic):
    with translation.override("en"):
        for _ in range(2):
            assert isinstance(words.gettext(mark_safe("the <b>organization</b>")), SafeData)
            assert not isinstance(words.gettext("the <b>organization</b>"), SafeData)
            assert isinstance(words.gettext(mark_safe("no such word")), SafeData)
            assert not isinstance(words.gettext("no such word"), SafeData)


def test_without_translations_nothing_is_renamed(clinic):
    with translation.override(None):
        assert words.gettext("Your organizations") == "Your organizations"
        assert words.ngettext("organization", "organizations", 2) == "organizations"


def test_another_setting_counts_at_once(clinic):
    with translation.override("en"):
        assert words.gettext("Organization") == "Clinic"
        with override_settings(ORGANIZATIONS={"NAME": ("team", "teams")}):
            assert words.gettext("Organization") == "Team"
        with override_settings(ORGANIZATIONS={}):
            assert words.gettext("Organization") == "Organization"
        assert words.gettext("Organization") == "Clinic"


def test_threads_speak_their_own_language(clinic):
    def say(language):
        with translation.override(language):
            return words.gettext("Your organizations")

    with ThreadPoolExecutor(4) as pool:
        said = list(pool.map(say, ["en", "de", "pt-br", "fr"] * 20))
    assert said == ["Your clinics", "Ihre Praxen", "Suas clínicas", "Vos organisations"] * 20


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("clinic", "is str"),
        ((), "a pair"),
        (("clinic",), "a pair"),
        ({"en": "clinic"}, "a pair"),
        ({"en": ("clinic", 2)}, "a pair"),
        ({"German": ("Praxis", "Praxen")}, "code of a language"),
        ({"pt_BR": ("clínica", "clínicas")}, "code of a language"),
        ({1: ("clinic", "clinics")}, "code of a language"),
        ({"en": ("", "clinics")}, "without spaces around"),
        ({"en": (" clinic", "clinics")}, "without spaces around"),
        (("R&D unit", "units"), "any of"),
        (("100%", "units"), "any of"),
        (("{x}", "units"), "any of"),
    ],
)
def test_a_name_of_another_shape_is_refused(name, says, settings):
    settings.ORGANIZATIONS = {"NAME": name}
    with pytest.raises(ImproperlyConfigured, match=r"ORGANIZATIONS\['NAME'\]") as caught:
        get_settings()
    assert says in str(caught.value)


def test_names_fall_back_from_a_region(clinic):
    assert get_settings().name_in("de-at") == ("Praxis", "Praxen")
    assert get_settings().name_in("fr") is None


def shown(text, **context):
    return Template("{% load org_i18n %}" + text).render(Context(context))


PEACE = "Organization for Peace"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('{% translate "Your organizations" %}', "Your clinics"),
        ('{% trans "Your organizations" %}', "Your clinics"),
        ('{% translate "Your organizations"|upper %}', "YOUR CLINICS"),
        ('{% translate "Your organizations" as x %}[{{ x }}]', "[Your clinics]"),
        ('{% translate "an organization" context "here" %}', "a clinic"),
        ('{% translate "Your organizations" noop %}', "Your organizations"),
        ('{% translate "100% of the organization" %}', "100% of the clinic"),
        ("{% translate name %}", PEACE),
        ("{% blocktranslate %}Leave {{ name }}, an organization{% endblocktranslate %}",
         f"Leave {PEACE}, a clinic"),
        ("{% blocktrans with x=name|upper %}{{ x }}: organization{% endblocktrans %}",
         f"{PEACE.upper()}: clinic"),
        ("{% blocktranslate trimmed %}\n An\n organization {% endblocktranslate %}", "A clinic"),
        ("{% blocktranslate asvar x %}100% organization{% endblocktranslate %}[{{ x }}]",
         "[100% clinic]"),
        ("{% blocktranslate count n=2 %}organization{% plural %}{{ n }} organizations"
         "{% endblocktranslate %}", "2 clinics"),
        ('{% blocktranslate count n=1 context "here" %}{{ n }} organization{% plural %}'
         "{{ n }} organizations{% endblocktranslate %}", "1 clinic"),
        ('{% blocktranslate context "here" %}{{ missing }}organization{% endblocktranslate %}',
         "clinic"),
        ("{% blocktranslate %}{{ unsafe }} organization{% endblocktranslate %}",
         "&lt;organization&gt; clinic"),
        ("{% get_current_language as code %}{{ code }}", "en"),
        ('{% language "de" %}{% translate "Your organizations" %}{% endlanguage %}',
         "Ihre Praxen"),
        ('{{ "de"|language_name }}', "German"),
    ],
)  # fmt: skip
def test_the_tags(text, says, clinic):
    with translation.override("en"):
        assert shown(text, name=PEACE, unsafe="<organization>") == says
    with override_settings(ORGANIZATIONS={}), translation.override("en"):
        ours = Template("{% load org_i18n %}" + text)
        django = Template("{% load i18n %}" + text)
        context = {"name": PEACE, "unsafe": "<organization>"}
        assert ours.render(Context(context)) == django.render(Context(context))


def test_a_count_must_be_a_number():
    with pytest.raises(TemplateSyntaxError, match="must be a number"):
        shown("{% blocktranslate count n=x %}a{% plural %}b{% endblocktranslate %}", x="two")
