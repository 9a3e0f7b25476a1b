"""Templates of the package that a project has taken over, and whether theirs have changed since.

A copy begins with a comment that holds the digest of the original, so nothing has to be kept
anywhere else.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from difflib import unified_diff
from functools import cache
from pathlib import Path

from django.apps import apps
from django.template import engines
from django.template.backends.django import DjangoTemplates

__all__ = ["Ejected", "eject", "ejected", "named", "packaged"]

_MARK = re.compile(r"\{# From django-orgkit: (\S+), (\w{12})\. .*? #\}\n?")


@dataclass(frozen=True, slots=True)
class Ejected:
    """A copy of a template in the project, and the original as it is now."""

    name: str
    path: Path
    original: Path
    digest: str

    @property
    def is_stale(self) -> bool:
        return self.digest != _digest(self.original)

    def diff(self) -> str:
        """Return what would have to be done to the copy to make it the original of today."""
        copy, original = _MARK.sub("", _text(self.path), count=1), _text(self.original)
        lines = unified_diff(
            copy.splitlines(), original.splitlines(), str(self.path), self.name, lineterm=""
        )
        return "\n".join(lines)

    def renew(self) -> None:
        """Note that somebody has looked at the original of today."""
        copy = _MARK.sub("", _text(self.path), count=1)
        self.path.write_text(_mark(self.name, self.original) + copy, encoding="utf-8")


@cache
def packaged() -> dict[str, Path]:
    """Return name -> file of each template of the package and its installed apps."""
    found = {}
    for app in apps.get_app_configs():
        if app.name == "organizations" or app.name.startswith("organizations."):
            folder = Path(app.path, "templates")
            for path in sorted(each for each in folder.rglob("*") if each.is_file()):
                found[path.relative_to(folder).as_posix()] = path
    return found


def named(word: str) -> list[str]:
    """Return the templates that somebody may mean: by the whole name, or the end of it."""
    if word in packaged():
        return [word]
    ends = (f"/{word}", f"/{word}.html", f"/{word}.txt")
    return [name for name in packaged() if name.endswith(ends)]


def eject(name: str, folder: Path) -> Path:
    """Copy a template into a folder of templates, and return the copy.

    Raises:
        FileExistsError: there is one already; it is left as it is.
    """
    path = folder / name
    original = packaged()[name]
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("x", encoding="utf-8") as file:
        file.write(_mark(name, original) + _text(original))
    return path


def ejected() -> list[Ejected]:
    """Return the copies that the project has, in the order of their names."""
    found = []
    for folder in _folders():
        for name, original in packaged().items():
            path = folder / name
            if path.is_file() and (mark := _MARK.match(_text(path))):
                found.append(Ejected(name, path, original, mark[2]))
    return sorted(found, key=lambda each: (each.name, each.path))


def _folders() -> list[Path]:
    """Return where the project's templates are, in the order in which Django looks."""
    ours = {str(Path(app.path, "templates")) for app in apps.get_app_configs() if _is_ours(app)}
    found: dict[str, Path] = {}
    for engine in engines.all():
        if isinstance(engine, DjangoTemplates):
            for folder in engine.template_dirs:
                if str(folder) not in ours:
                    found.setdefault(str(folder), Path(folder))
    return list(found.values())


def _is_ours(app: object) -> bool:
    name = getattr(app, "name", "")
    return name == "organizations" or name.startswith("organizations.")


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def _digest(path: Path) -> str:
    return hashlib.sha256(_text(path).encode()).hexdigest()[:12]


def _mark(name: str, original: Path) -> str:
    # Of a plain text, such as the subject of a mail, a line of its own would become a part.
    end = "\n" if original.suffix == ".html" else ""
    return f"{{# From django-orgkit: {name}, {_digest(original)}. Leave this line. #}}{end}"
