"""Admin classes to build on: for a project's own family, and for the optional apps."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ImproperlyConfigured, ObjectDoesNotExist, ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.forms.models import BaseInlineFormSet

from .exceptions import OrganizationsError
from .families import family_of
from .services._locks import database_of
from .services.acting import Entering
from .services.preview import preview

__all__ = [
    "BaseMemberInline",
    "BaseOrganizationAdmin",
    "BaseOrganizationOwnerAdmin",
    "BaseOrganizationUserAdmin",
    "BaseOwnerInline",
    "BaseVerbAdmin",
    "BaseVerbForm",
    "RowByRowMixin",
]


class BaseOwnerInline(admin.StackedInline):
    raw_id_fields = ("organization_user",)


class FirstRows(BaseInlineFormSet):
    """The first rows of a relation, to look at: nothing of it is read from a request.

    Attributes:
        shown: how many; an organization may have thousands, too many for a form.
    """

    shown = 20

    def __init__(self, data: Any = None, files: Any = None, **options: Any) -> None:
        super().__init__(**options)

    def get_queryset(self) -> Any:
        if not hasattr(self, "_queryset"):
            self._queryset = super().get_queryset()[: self.shown]
        return self._queryset

    def is_valid(self) -> bool:
        return True

    def save(self, commit: bool = True) -> Any:
        self.new_objects: list[Any] = []
        self.changed_objects: list[Any] = []
        self.deleted_objects: list[Any] = []
        return []


class BaseMemberInline(admin.TabularInline):
    """The first members of an organization, each with the link to its own page.

    Verbs change them there. Queries: 1.
    """

    formset = FirstRows
    fk_name = "organization"
    extra = 0
    show_change_link = True
    view_on_site = False

    def get_queryset(self, request: Any) -> Any:
        return (
            super().get_queryset(request).select_related("user", "organization").order_by("user_id")
        )

    def get_fields(self, request: Any, obj: Any = None) -> Any:
        family = family_of(self.model)
        names = ("user", "is_admin", "suspended_at", "ends_at")
        return [name for name in names if family.has_field("member", name)]

    def get_readonly_fields(self, request: Any, obj: Any = None) -> Any:
        return self.get_fields(request, obj)

    def has_add_permission(self, request: Any, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: Any, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: Any, obj: Any = None) -> bool:
        return False


class BaseOrganizationAdmin(admin.ModelAdmin):
    list_display = ["name", "is_active"]
    prepopulated_fields = {"slug": ("name",)}
    search_fields = ["name"]
    list_filter = ("is_active",)

    def get_deleted_objects(self, objs: Any, request: Any) -> Any:
        to_delete: list[Any] = []
        counts: Counter[str] = Counter()
        missing: set[Any] = set()
        protected: list[Any] = []
        for organization in objs:
            # What an app keeps closed to others is seen by whoever acts in it.
            with Entering(organization, request.user):
                goes, kinds, lacking, kept = super().get_deleted_objects([organization], request)
            to_delete += goes
            counts.update(kinds)
            missing |= lacking
            protected += kept
        # An owner row is never deleted by itself; with its organization it goes.
        with suppress(ImproperlyConfigured):
            missing.discard(family_of(self.model).owner._meta.verbose_name)
        return to_delete, counts, missing, protected


class SearchedMixin:
    """Fields of ``raw_id_fields`` are searched by name, if their models' pages can be searched.

    Those pages are the project's; without one, or for who may not see it, keys are typed in.
    """

    def get_autocomplete_fields(self, request: Any) -> Any:
        named: Any = super().get_autocomplete_fields(request)  # type: ignore[misc]
        more = [name for name in self.raw_id_fields if self._can_be_searched(request, name)]  # type: ignore[attr-defined]
        return [*named, *(name for name in more if name not in named)]

    def _can_be_searched(self, request: Any, name: str) -> bool:
        related = self.model._meta.get_field(name).related_model  # type: ignore[attr-defined]
        page = self.admin_site._registry.get(related)  # type: ignore[attr-defined]
        if page is None or not page.get_search_fields(request):
            return False
        return bool(page.has_view_permission(request))


class BaseOrganizationUserAdmin(SearchedMixin, admin.ModelAdmin):
    list_display = ["user", "organization", "is_admin"]
    raw_id_fields = ("user", "organization")


class BaseOrganizationOwnerAdmin(admin.ModelAdmin):
    raw_id_fields = ("organization_user", "organization")


class RowByRowMixin:
    """Deletes the chosen rows one by one; a refused one stays, and no log says otherwise."""

    def log_deletions(self, request: Any, queryset: Any) -> Any:
        # The action logs all of them before it deletes any; see below.
        return None if isinstance(queryset, QuerySet) else super().log_deletions(request, queryset)  # type: ignore[misc]

    def delete_queryset(self, request: Any, queryset: Any) -> None:
        for row in queryset.order_by("organization_id", "pk"):
            try:
                with transaction.atomic(using=database_of(row)):
                    self.log_deletions(request, [row])
                    self.delete_model(request, row)  # type: ignore[attr-defined]
            except OrganizationsError as error:
                self.message_user(request, f"{row}: {error}", messages.ERROR)  # type: ignore[attr-defined]


class BaseVerbForm(forms.ModelForm):
    """A form whose verb is asked, without effect, while the form can still show a refusal.

    It fills in no row: the verb writes one of its own.
    """

    request: Any = None

    def step(self, data: dict[str, Any]) -> tuple[Any, Any, dict[str, Any]]:
        """Return the verb, its subject and its values, for the cleaned data."""
        # What to write is all that a child is for; there is nothing to assume.
        raise NotImplementedError(f"{type(self).__name__} needs step(data).")

    def clean(self) -> Any:
        data = super().clean() or {}
        if self.errors:
            return data
        try:
            verb, subject, values = self.step(data)
            preview(verb, subject, actor=self.request.user, **values)
        except (OrganizationsError, ObjectDoesNotExist) as error:
            raise ValidationError(str(error)) from error
        return data

    def _post_clean(self) -> None:
        """Nothing: the verb has checked it all."""

    def act(self) -> Any:
        """Call the verb and return its row."""
        verb, subject, values = self.step(self.cleaned_data)
        return verb(subject, actor=self.request.user, **values)


class BaseVerbAdmin(RowByRowMixin, admin.ModelAdmin):
    """Pages of rows that verbs write; the form is a ``BaseVerbForm``, and ``delete_model`` of a
    child calls a verb as well.

    The form gets the request, since a verb asks who acts.
    """

    def save_model(self, request: Any, obj: Any, form: Any, change: bool) -> None:
        # What the admin says afterwards, it says of this row.
        obj.__dict__.update(form.act().__dict__)

    def get_form(self, request: Any, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change, **kwargs)
        return type(form.__name__, (form,), {"request": request})

    def delete_view(self, request: Any, object_id: str, extra_context: Any = None) -> Any:
        try:
            return super().delete_view(request, object_id, extra_context)
        except OrganizationsError as error:
            self.message_user(request, str(error), messages.ERROR)
            return self.response_post_save_change(request, self.get_object(request, object_id))
