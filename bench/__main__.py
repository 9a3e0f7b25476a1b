"""``python -m bench``: set up the data, measure, and print."""

import argparse
import json
import os
import sys
from pathlib import Path

import django


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m bench",
        description="Measure what row-level security costs. The variable SCALE is the size of "
        "the data: 1 is 5 million orders of 50,000 organizations.",
    )
    parser.add_argument("--rounds", type=int, default=200, help="200 unless given")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")
    options = parser.parse_args()
    if options.rounds < 20:
        parser.error("say 20 rounds or more: one way is measured in each tenth round only")

    os.environ["DJANGO_SETTINGS_MODULE"] = "bench.settings"
    django.setup()
    from bench import data, report, rls

    data.prepare()
    try:
        figures = rls.measure(options.rounds)
    except rls.OtherRows as error:
        sys.exit(f"bench: {error}")
    report.show(figures)
    if options.json:
        options.json.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
