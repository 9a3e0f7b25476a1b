"""A new Django project with the README's lines pasted in, as a newcomer would make it.

Used by the tests of the documentation and by the browser tests::

    project = make_project(tmp_path)
    project.manage("migrate")
    with project.serve() as server:
        ...  # server.url, server.mails()
"""

import email
import email.policy
import os
import re
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import django
from django.core.management import call_command

from .blocks import README, python_blocks

NAME = "mysite"
# The line between two mails of Django's console backend.
MAIL_END = "-" * 79


def readme_lines():
    """Return what the README says to paste: lines for the settings, and for ``urlpatterns``.

    On Django 6.1 and later the line about EMAIL_BACKEND is left out, as the README says.
    """
    found = {}
    for block in python_blocks(README):
        if block.target in {"settings.py", "urls.py"}:
            found.setdefault(block.target, []).extend(block.text.strip().splitlines()[1:])
    settings = found["settings.py"]
    if django.VERSION >= (6, 1):
        settings = [line for line in settings if not line.startswith("EMAIL_BACKEND")]
    return settings, found["urls.py"]


@dataclass(frozen=True)
class Project:
    """A project on disk: ``folder`` holds manage.py and the package ``mysite``."""

    folder: Path

    @property
    def environment(self):
        """What a program of the project sees: nothing of this test run's settings."""
        ours = ("DJANGO_", "ORGKIT_", "PYTEST_", "COV_", "PYTHONPATH")
        kept = {key: value for key, value in os.environ.items() if not key.startswith(ours)}
        return {**kept, "DJANGO_SETTINGS_MODULE": f"{NAME}.settings", "PYTHONUNBUFFERED": "1"}

    def run(self, *arguments, fails=False, stdin=None):
        """Run Python in the project's folder and return all it printed."""
        done = subprocess.run(
            [sys.executable, "-W", "error::DeprecationWarning", *map(str, arguments)],
            cwd=self.folder, env=self.environment, text=True,
            input=stdin, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=120,
        )  # fmt: skip
        assert (done.returncode != 0) == fails, done.stdout
        return done.stdout

    def manage(self, *arguments, fails=False):
        return self.run("manage.py", *arguments, fails=fails)

    def write(self, name, text):
        """Write a file; missing folders of Python modules become packages."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.suffix == ".py":
            for folder in path.relative_to(self.folder).parents[:-1]:
                (self.folder / folder / "__init__.py").touch()
        path.write_text(text, encoding="utf-8")

    def add_settings(self, text):
        with (self.folder / NAME / "settings.py").open("a", encoding="utf-8") as file:
            file.write(f"\n{text.strip()}\n")

    def add_urls(self, text):
        """Put lines at the end of ``urlpatterns``, or replace the file if it has its own."""
        path = self.folder / NAME / "urls.py"
        if "urlpatterns" in text:
            path.write_text(text, encoding="utf-8")
            return
        before, bracket, after = path.read_text(encoding="utf-8").rpartition("]")
        path.write_text(f"{before}{text}\n{bracket}{after}", encoding="utf-8")

    @contextmanager
    def serve(self):
        """Run the development server and yield it; it stops at the end."""
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        log = self.folder / "server.log"
        with log.open("w", encoding="utf-8") as output:
            process = subprocess.Popen(
                [sys.executable, "manage.py", "runserver", "--noreload", f"127.0.0.1:{port}"],
                cwd=self.folder, env=self.environment, stdout=output, stderr=subprocess.STDOUT,
            )  # fmt: skip
            try:
                server = Server(f"http://127.0.0.1:{port}", log)
                server.wait(process)
                yield server
            finally:
                process.terminate()
                process.wait(timeout=20)


@dataclass(frozen=True)
class Server:
    """The development server of a project; mails are read from what it prints."""

    url: str
    log: Path

    def wait(self, process, seconds=30):
        for _ in range(seconds * 10):
            assert process.poll() is None, self.log.read_text(encoding="utf-8")
            try:
                urllib.request.urlopen(self.url, timeout=5).close()
                return
            except urllib.error.HTTPError:
                return  # an answer is an answer
            except OSError:
                time.sleep(0.1)
        raise AssertionError(self.log.read_text(encoding="utf-8"))

    def mails(self):
        """Return the mails sent so far, oldest first, as ``email.message.EmailMessage``."""
        parts = self.log.read_text(encoding="utf-8").split(f"{MAIL_END}\n")[:-1]
        # Before its headers, a mail's part may hold lines of the server's log.
        texts = [part[part.index("Content-Type:") :] for part in parts]
        return [email.message_from_string(text, policy=email.policy.default) for text in texts]

    def last_mail(self, to):
        """Return the newest mail to an address; it is printed before the answer is sent."""
        return [mail for mail in self.mails() if mail["To"] == to][-1]


def link_in(mail):
    """Return the one link in the text of a mail."""
    [link] = re.findall(r"https?://\S+", mail.get_body("plain").get_content())
    return link


def start_project(folder):
    """Make what ``django-admin startproject mysite .`` makes, and nothing more."""
    folder = Path(folder) / "project"
    folder.mkdir()
    call_command("startproject", NAME, str(folder))
    return Project(folder)


def make_project(folder):
    """Make a new project below a folder, with the README's lines pasted in."""
    project = start_project(folder)
    settings, urls = readme_lines()
    project.add_settings("\n".join(settings))
    project.add_urls("\n".join(f"    {line}" for line in urls))
    path = project.folder / NAME / "urls.py"
    # The README says to import include beside path; the new file names only path.
    text = path.read_text(encoding="utf-8")
    text = text.replace(
        "\nfrom django.urls import path\n", "\nfrom django.urls import include, path\n"
    )
    path.write_text(text, encoding="utf-8")
    return project
