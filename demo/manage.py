#!/usr/bin/env python
"""The demo's commands; ``manage.py demo`` does everything."""

import os
import sys


def take_database_from(arguments):
    """Put ``--db`` of the demo command where the settings look for it.

    Settings are read before a command sees its arguments.
    """
    if arguments[:1] != ["demo"]:
        return
    for position, argument in enumerate(arguments):
        name, _, value = argument.partition("=")
        if name == "--db":
            os.environ["SHOP_DB"] = value or "".join(arguments[position + 1 : position + 2])


if __name__ == "__main__":
    # Set, not defaulted: the settings of another project in the shell's environment must not
    # be filled with demo data.
    os.environ["DJANGO_SETTINGS_MODULE"] = "shop.settings"
    take_database_from(sys.argv[1:])
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)
