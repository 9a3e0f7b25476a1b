"""``python -m bench``: set up the data, measure, and print."""

import argparse
import json
import os
import sys
from pathlib import Path

import django

PARTS = ("organizations", "row-security")


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m bench",
        description="Measure this package beside its peers and beside SQL by hand, and what "
        "row-level security costs. The variable SCALE is the size of the data: 1 is 200,000 "
        "users, 50,000 organizations, a million members and five million rows.",
    )
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"{' or '.join(PARTS)}; else both")
    parser.add_argument("--rounds", type=int, default=21, help="21 unless given; 20 at least")
    parser.add_argument("--tries", type=int, default=1_000, help="of each race; 1,000 unless given")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")
    parser.add_argument("--chart", type=Path, metavar="FILE", help="draw a picture there, as SVG")
    options = parser.parse_args()
    if options.rounds < 20:
        parser.error("say 20 rounds or more: some ways are measured in few of them only")
    if unknown := set(options.parts) - set(PARTS):
        parser.error(f"there is no part {unknown.pop()!r}, but {' and '.join(PARTS)}")
    parts = options.parts or PARTS

    os.environ["DJANGO_SETTINGS_MODULE"] = "bench.settings"
    django.setup()
    figures = {}
    try:
        if "organizations" in parts:
            from bench import comparison, comparison_report

            figures["organizations"] = comparison.measure(options.rounds, options.tries)
            comparison_report.show(figures["organizations"])
            if options.chart:
                options.chart.write_text(
                    comparison_report.chart(figures["organizations"]), encoding="utf-8"
                )
        if "row-security" in parts:
            from bench import data, report, row_security

            data.prepare()
            figures["row-security"] = row_security.measure(options.rounds * 10)
            report.show(figures["row-security"])
    except Exception as error:
        if type(error).__name__ not in {"OtherRows", "Failed"}:
            raise
        sys.exit(f"bench: {error}")
    if options.json:
        options.json.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
