"""Forms for many invitations at once: a list of addresses, and what its columns hold."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.html import escape, format_html
from django.utils.text import Truncator

from . import presets
from .exceptions import OrganizationsError
from .offer_forms import TermsForm
from .services import bulk_jobs, lists
from .words import gettext
from .words import gettext_lazy as _

__all__ = ["BulkForm", "ColumnsForm"]


#: How many rows tell what a column holds, and how much of each cell.
EXAMPLES = 3
EXAMPLE_LENGTH = 40


class BulkForm(TermsForm):
    """Takes a pasted list or a file, and what all of them are offered."""

    addresses = forms.CharField(
        label=_("E-mail addresses"),
        required=False,
        help_text=escape(
            _("One on each line, or between commas. Names may stand before: Ada <ada@…>.")
        ),
        widget=forms.Textarea(attrs={"rows": 8, "autocomplete": "off", "spellcheck": "false"}),
    )
    file = forms.FileField(
        label=_("Or a CSV file"),
        required=False,
        help_text=_("With a row of headings. You say on the next page which column is which."),
        widget=forms.FileInput(attrs={"accept": ".csv,.tsv,.txt,text/csv"}),
    )
    field_order = ("addresses", "file")

    listed: Any

    def clean(self) -> None:
        text, file = self.cleaned_data.get("addresses"), self.cleaned_data.get("file")
        if self.errors:
            return
        if bool(text) == bool(file):
            self.add_error(None, _("Paste addresses or choose a file."))
            return
        try:
            if file:
                # Never more of it in memory than can be of use.
                self.listed = lists.read_csv(file.read(lists.MOST_BYTES + 1))
            else:
                self.listed = lists.parse_text(text or "")
        except OrganizationsError as error:
            self.add_error("file" if file else "addresses", str(error))

    def save(self) -> Any:
        return bulk_jobs.prepare(
            self.organization, self.listed, actor=self.request.user, **self.terms()
        )


class ColumnsForm(forms.Form):
    """Says which column of an uploaded table holds what."""

    def __init__(self, organization: Any, job: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.job = job
        self.table = bulk_jobs.table_of(job) or lists.Table(header=[], rows=[])
        self.presets = {
            preset.name: {str(label): value for value, label in preset.choices(organization)}
            for preset in presets.presets_for(organization)
        }
        labels = {preset.name: preset.label for preset in presets.presets_for(organization)}
        choices = [("", _("Leave it out")), *lists.COLUMNS.items(), *labels.items()]
        guessed = {place: name for name, place in lists.columns_of(self.table).items()}
        for place, heading in enumerate(self.table.header):
            self.fields[f"column_{place}"] = forms.ChoiceField(
                label=heading or _("Column %(number)d") % {"number": place + 1},
                choices=choices,
                required=False,
                initial=guessed.get(place, ""),
                help_text=self._examples(place),
            )

    def _examples(self, place: int) -> str:
        """Return what stands in the first rows of a column, as HTML."""
        rows = self.table.rows[:EXAMPLES]
        cells = [Truncator(row[place]).chars(EXAMPLE_LENGTH) for row in rows]
        found = ", ".join(dict.fromkeys(filter(None, cells)))
        return format_html(gettext("For example: {}"), found) if found else ""

    def clean(self) -> None:
        chosen = [name for name in self.cleaned_data.values() if name]
        if "address" not in chosen:
            self.add_error(None, _("Choose the column that holds the e-mail addresses."))
        elif len(chosen) != len(set(chosen)):
            self.add_error(None, _("Two columns cannot hold the same."))

    def save(self) -> Any:
        columns = {
            name: int(field.removeprefix("column_"))
            for field, name in self.cleaned_data.items()
            if name
        }
        return bulk_jobs.choose_columns(self.job, columns, presets=self.presets)
