"""The script of the pages: what it adds with JavaScript, and that all of it goes without."""

import re
from pathlib import Path

import pytest
from django.utils.text import slugify

pytestmark = pytest.mark.browser

ROOT = Path(__file__).resolve().parents[2]
HOME = "/orgs/kestrel-tools/"
#: The policy that pages are made for.
STRICT = ("default-src 'none'", "style-src 'self'", "script-src 'self'", "img-src 'self'")


@pytest.fixture
def ada(person):
    """The owner of the demo's second organization, with a clock of the test's own."""
    ada = person("Ada")
    ada.page.clock.install()
    ada.visit("/login-as/demo-owner/")
    return ada


def notes(person):
    return person.page.locator("[data-org-messages] > .org-note")


def saved(person):
    """Save the settings as they are, and return the message that says so."""
    person.visit(f"{HOME}edit/")
    person.press("Save changes")
    return notes(person).filter(has_text=re.compile("saved", re.IGNORECASE))


def test_nothing_but_the_file_runs_under_the_strict_policy(ada):
    answer = ada.page.goto(ada.base + HOME)
    policy = answer.headers["content-security-policy"].split("; ")
    assert set(STRICT) <= set(policy)
    # What the demo adds forbids more, but for the previews of mails, which stand in frames.
    more = {"form-action 'self'", "base-uri 'none'", "frame-src 'self'"}
    assert set(policy) - set(STRICT) == more


def test_a_message_can_be_dismissed(ada, javascript):
    note = saved(ada)
    assert note.count() == 1
    dismiss = note.get_by_role("button", name="Dismiss")
    assert dismiss.count() == javascript
    if javascript:
        dismiss.focus()
        ada.page.keyboard.press("Enter")
        assert note.count() == 0
        assert ada.page.evaluate("document.activeElement.matches('.org-root h1')")
        assert ada.page.locator("[data-org-messages]").count() == 0


def later(person, milliseconds):
    """Let the page's clock run on, and what fades then fade to its end."""
    person.page.clock.fast_forward(milliseconds)
    person.page.wait_for_timeout(800)


def test_good_news_goes_by_itself_but_not_from_under_the_pointer(ada, javascript):
    note = saved(ada)
    later(ada, 1_000)  # not close to the eight: the clock runs on by itself, too
    assert note.count() == 1
    if not javascript:
        later(ada, 60_000)
        assert note.count() == 1
        return
    note.hover()
    later(ada, 9_000)
    assert note.count() == 1, "the pointer is on it"
    ada.page.mouse.move(1, 1)
    note.get_by_role("button").focus()
    later(ada, 9_000)
    assert note.count() == 1, "the focus is on it"
    note.get_by_role("button").evaluate("button => button.blur()")
    later(ada, 9_000)
    assert note.count() == 0


def test_good_news_stays_where_less_motion_is_asked_for(ada):
    ada.page.emulate_media(reduced_motion="reduce")
    note = saved(ada)
    later(ada, 60_000)
    assert note.count() == 1


def test_an_error_stays(ada, javascript):
    note = saved(ada)
    if javascript:
        # As the server marks an error; the script has not seen this one yet.
        note.evaluate("""note => {
            const error = note.cloneNode(false);
            error.className = "org-note org-note-error";
            error.textContent = "No.";
            note.replaceWith(error);
            document.dispatchEvent(new Event("htmx:afterSwap"));
        }""")
    errors = ada.page.locator(".org-note-error")
    assert errors.get_by_role("button", name="Dismiss").count() == javascript
    later(ada, 60_000)
    assert notes(ada).count() == 1


def test_a_form_is_sent_once(ada, javascript):
    ada.visit(f"{HOME}edit/")
    button = ada.page.locator("main button.org-primary")
    form = button.locator("xpath=ancestor::form")
    if javascript:
        # The page stays, as under a slow server; what would be sent is counted.
        ada.page.evaluate(
            """void (window.sent = 0, addEventListener("submit", (event) => {
                window.sent += !event.defaultPrevented;
                event.preventDefault();
            }))"""
        )
        button.click()
        assert button.inner_text() == "Sending…"
        assert form.get_attribute("aria-busy") == "true"
        assert button.get_attribute("aria-disabled") == "true"
        button.click(force=True)
        assert ada.page.evaluate("window.sent") == 1
        # The answer never comes: later it can be tried again.
        ada.page.clock.fast_forward(20_500)
        assert button.inner_text() == "Save changes"
        assert form.get_attribute("aria-busy") is None
        button.click()
        assert ada.page.evaluate("window.sent") == 2
    else:
        ada.press("Save changes")
        assert notes(ada).count() == 1


def test_a_page_that_one_comes_back_to_is_not_busy(chromium_with_cache, shop, javascript):
    context = chromium_with_cache.new_context(java_script_enabled=javascript)
    page = context.new_page()
    said = []
    page.on("console", lambda message: said.append(message.text))
    page.goto(f"{shop}/login-as/demo-owner/")
    page.goto(f"{shop}{HOME}")
    if javascript:
        page.evaluate("void (window.kept = true)")
    switch = "details.orgs.org-menu form"
    page.locator("details.orgs.org-menu summary").click()
    with page.expect_navigation():
        page.locator(f"{switch} button:not([aria-current])").first.click()
    assert page.url != f"{shop}{HOME}"
    # A page that was kept does not load again, so there is no end of loading to wait for.
    page.go_back(wait_until="commit")
    page.wait_for_url(f"{shop}{HOME}", wait_until="commit")
    if javascript:
        assert page.evaluate("window.kept"), "the browser kept the page as it was left"
    assert page.locator(switch).get_attribute("aria-busy") is None
    assert page.locator(f"{switch} [aria-disabled]").count() == 0
    assert said == []
    context.close()


def test_menus_close_by_escape_and_by_a_click_elsewhere(ada, javascript):
    ada.visit(HOME)
    menu = ada.page.locator("details.orgs.org-menu")
    summary = menu.locator("summary")
    opened = ada.page.locator("details.org-menu[open]")

    summary.focus()
    ada.page.keyboard.press("Enter")
    assert opened.count() == 1
    if not javascript:
        assert menu.locator(".org-item").first.is_visible()
        return
    ada.page.keyboard.press("ArrowDown")
    items = menu.locator("a.org-item, button.org-item")
    at = "node => node === document.activeElement"
    assert items.first.evaluate(at)
    ada.page.keyboard.press("ArrowUp")
    assert items.last.evaluate(at)
    ada.page.keyboard.press("Escape")
    assert opened.count() == 0
    assert summary.evaluate(at)

    ada.page.keyboard.press("ArrowDown")
    assert opened.count() == 1, "an arrow opens it too"
    ada.page.mouse.click(1000, 850)
    assert opened.count() == 0

    summary.click()
    ada.page.locator("main a").first.focus()
    assert opened.count() == 0, "nobody stands behind an open menu"


NAMES = [
    "Äpfel & Öl_GmbH",
    "  --Acme  Rockets-- ",
    "ﬁne ２ “Ñandú”",
    "شركة الصواريخ",
    "🚀",
    "Straße İ",
]


@pytest.mark.parametrize("path", ["/orgs/add/", "/orgs/sign-up/"])
def test_the_short_name_is_shown_beforehand_and_never_sent(path, person, javascript):
    if path == "/orgs/add/":
        visitor = person("Ada")
        visitor.visit("/login-as/demo-owner/")
    else:
        visitor = person("Nobody")
    visitor.visit(path)
    slug = visitor.page.locator("main [name=slug]")
    for name in NAMES:
        visitor.fill(name=name)
        shown = slug.get_attribute("placeholder") or ""
        assert shown == (slugify(name, allow_unicode=True) if javascript else "")
        assert slug.input_value() == ""


def test_a_short_name_that_is_needed_is_not_made_up(ada):
    ada.visit(f"{HOME}edit/")
    assert ada.page.locator("main [name=slug]").get_attribute("placeholder") is None


def test_a_link_is_copied(ada, javascript):
    ada.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    ada.visit(f"{HOME}invitations/")
    ada.click("Make a link")
    ada.press("Make the link")
    field = ada.page.get_by_label("Copy the link now")
    button = ada.page.get_by_role("main").get_by_role("button", name="Copy", exact=True)
    assert button.count() == javascript
    if not javascript:
        return
    said = ada.page.locator("main .org-field [role=status]")
    assert said.inner_text() == ""
    button.click()
    said.filter(has_text="Copied.").wait_for()
    assert ada.page.evaluate("navigator.clipboard.readText()") == field.input_value()

    # Where the browser does not let pages copy, the text is marked at least.
    ada.page.evaluate("void (navigator.clipboard.writeText = () => Promise.reject())")
    button.click()
    said.filter(has_text="Selected. Copy it with your keyboard.").wait_for()
    assert ada.page.evaluate("getSelection().toString()") == field.input_value()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_what_the_script_adds_fits_a_narrow_screen(ada, scheme, tmp_path):
    ada.page.emulate_media(color_scheme=scheme)
    ada.page.set_viewport_size({"width": 320, "height": 640})
    note = saved(ada)
    assert ada.page.evaluate("document.documentElement.scrollWidth") <= 320
    for button in note.get_by_role("button").all():
        assert button.bounding_box()["height"] >= 24
    ada.page.screenshot(path=tmp_path / f"message-{scheme}.png")
