"""Fills the project with 200 companies, as it had them before. Prints what must stay."""

import json

from crm.models import Company, CompanyUser, Invoice
from django.contrib.auth.models import User

people = User.objects.bulk_create(
    [User(username=f"p{n}", email=f"p{n}@example.com", password="!") for n in range(300)]
)
names = ["Acme", "Åse & Søn", "Admin", "東京", "!!!", "2024"] + [f"Company {n}" for n in range(94)]
companies = Company.objects.bulk_create(
    [Company(title=names[n % 100], vat_number=f"GB{n}") for n in range(200)]
)
CompanyUser.objects.bulk_create(
    CompanyUser(
        company=company,
        person=people[(n + seat) % 300],
        is_manager=seat == 1 and n % 3 > 0,
        is_owner=seat == 2 and n % 3 == 2,
        job=f"seat {seat}",
    )
    for n, company in enumerate(companies)
    if n != 7  # a company without members
    for seat in range(3)
)
# The first of two owners is switched off.
User.objects.filter(username="p13").update(is_active=False)
Invoice.objects.bulk_create(
    Invoice(company=company, number=f"R-{company.pk}", written_by=people[0])
    for company in companies
)
Company.objects.filter(pk=companies[3].pk).update(registered_on="2019-03-01T12:00Z")
print("kept", json.dumps({"lonely": companies[7].pk, "dated": companies[3].pk}))
