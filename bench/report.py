"""Prints the figures."""

from typing import Any

NOTES = """\
The page is the newest 50 orders of one organization, and how many it has.
Times are milliseconds. Ratios are to the first line of their block. Each way found the
same rows as SQL by hand. "sent" counts statements, BEGIN and COMMIT among them.
Compare ratios: times depend on the machine, and on what else it does.

(1) names the organization itself, in a table without a policy.
(2) is a model behind both layers: the scope filters, and PostgreSQL keeps to its policy.
(3) obeys no policy, but the database is told what is open all the same.
(4) is a cursor that names the organization, in the table with the policy.
(5) is a cursor that leaves all to the policy. It cannot use the index: so name it."""


def show(figures: dict[str, Any]) -> None:
    versions = ", ".join(f"{name} {number}" for name, number in figures["versions"].items())
    print(f"What row-level security costs ({versions})")
    print(f"{figures['orders']:,} orders of {figures['organizations']:,} organizations, ", end="")
    print(f"{figures['rounds']} rounds\n\n{NOTES}")
    print(f"\n{_in_short(figures['sizes']['middle']['blocks'])}")
    for size, found in figures["sizes"].items():
        print(f"\n\nThe {size} organization: {found['orders']:,} orders")
        print(f"{'':34}{'sent':>4}{'median':>10}{'quartiles':>19}{'ratio':>9}")
        for title, ways in found["blocks"].items():
            print(title)
            for way in ways:
                low, middle, high = way["quartiles"]
                print(
                    f"  {way['way']:32}{way['statements']:>4}{middle:>10.2f}"
                    f"{f'{low:.2f} to {high:.2f}':>19}{way['ratio']:>8.2f}x"
                )
    print("\n\nPlans of the list, of the middle organization")
    for way, lines in figures["sizes"]["middle"]["plans"].items():
        print(f"\n{way}", *lines, sep="\n    ")


def _in_short(blocks: dict[str, Any]) -> str:
    ratio = {title: ways[1]["ratio"] for title, ways in blocks.items()}
    return (
        "In short, for the middle organization: behind both layers a page takes "
        f"{ratio['A view with a template, in a transaction']:.2f} times as\n"
        "long as with a filter alone, and its queries by themselves "
        f"{ratio['Models, in a transaction']:.2f} times."
    )
