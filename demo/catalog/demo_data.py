"""Products for the demo's organizations: the same ones each time."""

import random
from decimal import Decimal

from organizations.models import Organization

from .models import Product

#: Kinds of things, sizes, and how many products, by the slug of the organization.
SHELVES = {
    "adas-workshop": (("Stool", "Bench", "Shelf"), ("oak", "ash"), 3),
    "riverbend-bookbinders": (
        ("Notebook", "Ledger", "Folio", "Sketchbook"),
        ("linen, A5", "linen, A4", "leather, A5", "marbled, B6"),
        8,
    ),
    "kestrel-tools": (
        ("Claw hammer", "Chisel", "Try square", "Hand saw", "Block plane", "Marking gauge"),
        ("10 mm", "16 mm", "25 mm", "300 mm", "with beech handle"),
        24,
    ),
    "meridian-freight": (
        ("Pallet", "Half container", "Container", "Refrigerated container", "Express parcel"),
        ("Hamburg – Rotterdam", "Oslo – Gdańsk", "Genova – Tunis", "大阪 – Busan",
         "Izmir – Trieste", "Bilbao – Cork", "دبي – Mumbai", "Lisboa – Santos"),
        40,
    ),
}  # fmt: skip


def add_products(slugs):
    """Write the products of these organizations."""
    for slug in slugs:
        things, sizes, number = SHELVES[slug]
        chance = random.Random(slug)
        names = [f"{thing}, {size}" for thing in things for size in sizes]
        organization = Organization.objects.get(slug=slug)
        Product.objects.bulk_create(
            Product(
                account=organization,
                name=name,
                sku=f"{slug[:3].upper()}-{position:04}",
                price=Decimal(chance.randint(300, 29900)) / 100,
                description=f"{name}. Made to last." if position % 3 else "",
            )
            for position, name in enumerate(chance.sample(names, min(number, len(names))), 1)
        )
