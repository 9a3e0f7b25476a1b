"""Prints what an adoption has filled in."""

import json
from collections import Counter

from crm.models import Company, CompanyOwner

slugs = list(Company.objects.order_by("pk").values_list("slug", flat=True))
# The first of each name, and its namesake a hundred rows further on.
shown = [slugs[n + more] for n in (0, 1, 2, 3, 4, 5, 7) for more in (0, 100)]
seats = Counter(
    owner.organization_user.job.removeprefix("seat ")
    for owner in CompanyOwner.objects.select_related("organization_user")
)
print("kept", json.dumps({
    "slugs": shown,
    "distinct": len(set(slugs)),
    "owners": dict(sorted(seats.items())),
    "ownerless": Company.objects.filter(owner__isnull=True).count(),
    "owners_are_admins": not CompanyOwner.objects.filter(
        organization_user__is_admin=False
    ).exists(),
    "admins": Company.objects.filter(organization_users__is_admin=True).distinct().count(),
    "created": str(Company.objects.order_by("created").first().created.date()),
    "all_active": all(Company.objects.values_list("is_active", flat=True)),
}))  # fmt: skip
