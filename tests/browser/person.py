"""What a person does with a browser, in the words of the pages."""

import re

PASSWORD = "plum-tree-over-the-wall-9"


class Person:
    """Somebody with a browser.

    Attributes:
        name: first name; the address is ``name@example.com`` unless told otherwise.
        complaints: what the browser's console said.
    """

    def __init__(self, name, page, base):
        self.name = name
        self.page = page
        self.base = base
        self.address = f"{name.lower()}@example.com"
        self.complaints = []
        self.status = None
        # A page that answers with an error by intent is logged as one by the browser.
        page.on(
            "console",
            lambda message: (
                self.complaints.append(f"{page.url}: {message.text}")
                if "the server responded with a status of 4" not in message.text
                else None
            ),
        )
        page.on("pageerror", lambda error: self.complaints.append(f"{page.url}: {error}"))

    # -- moving around

    def visit(self, path):
        """Open a path or a whole URL and return the status of the answer."""
        url = path if path.startswith("http") else self.base + path
        return self.page.goto(url).status

    def follow(self, target):
        """Click what leads to another page, and wait until that is there."""
        with self.page.expect_navigation():
            target.click()

    def click(self, name):
        self.follow(self.page.get_by_role("link", name=name, exact=True).first)

    def press(self, name):
        main = self.page.get_by_role("main")
        self.follow(main.get_by_role("button", name=name, exact=True))

    def fill(self, **values):
        # Who types before the browser has put the cursor where the page asks for it gets a
        # word in the console about it; people are slower than that.
        if self.page.locator("[autofocus]").count():
            self.page.locator("[autofocus]:focus").wait_for()
        for name, value in values.items():
            self.page.locator(f"main [name={name}]").fill(value)

    def sees(self, text):
        self.page.get_by_role("main").get_by_text(text).first.wait_for(state="visible")
        return True

    @property
    def path(self):
        return self.page.url.removeprefix(self.base)

    @property
    def heading(self):
        return self.page.locator("h1").inner_text()

    # -- what people do

    def sign_up(self, organization):
        """Sign up with an organization, open the mail and land in the organization."""
        self.visit("/orgs/sign-up/")
        self.fill(name=organization, email=self.address)
        self.press("Sign up")
        assert self.sees(self.address), "the page names the mailbox to look into"
        self.open_mail_link()
        self.register()

    def register(self):
        """Fill in the page that a mailed link leads a new person to."""
        self.fill(
            username=self.name.lower(),
            first_name=self.name,
            last_name="Tester",
            password1=PASSWORD,
            password2=PASSWORD,
        )
        self.follow(self.page.get_by_role("button", name=re.compile("^Create account")))

    def sign_in(self):
        self.visit("/accounts/login/")
        self.fill(username=self.name.lower(), password=PASSWORD)
        self.press("Sign in")

    def mail_link(self):
        """Return the link in the newest mail to this person, as the demo's mailbox shows it."""
        self.visit("/mail/")
        mails = self.page.get_by_role("main").get_by_role("listitem")
        self.follow(mails.filter(has_text=self.address).first.get_by_role("link").first)
        return self.page.locator(".shop-mail-text a").first.get_attribute("href")

    def open_mail_link(self):
        self.visit(self.mail_link())

    def invite(self, address, *, as_admin=False):
        self.click("Members")
        self.click("Invite people")
        self.fill(email=address)
        if as_admin:
            self.page.locator("main [name=is_admin]").check()
        self.follow(self.page.get_by_role("main").get_by_role("button").first)

    def add_product(self, slug, name):
        self.visit(f"/orgs/{slug}/products/add/")
        self.fill(name=name, sku=name.upper().replace(" ", "-"), price="12.50")
        self.press("Save product")
