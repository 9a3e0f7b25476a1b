"""Print every row of every table as JSON."""

import json

from django.core.management.base import BaseCommand
from django.db import connection


class Command(BaseCommand):
    def handle(self, **options):
        dump = {}
        with connection.cursor() as cursor:
            for table in connection.introspection.table_names(cursor):
                cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)} ORDER BY 1")
                names = [column[0] for column in cursor.description]
                dump[table] = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
        self.stdout.write(json.dumps(dump, default=str))
