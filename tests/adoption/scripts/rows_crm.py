"""Prints every row that an adoption must leave as it is, whatever the fields are called now."""

import json

from django.db import connection

COLUMNS = {
    "crm_company": ["id", "vat_number"],
    "crm_companyuser": ["id", "is_manager", "is_owner", "job"],
    "crm_invoice": ["id", "company_id", "number", "written_by_id"],
}
RENAMED = {
    "crm_company": [("title", "name")],
    "crm_companyuser": [("company_id", "organization_id"), ("person_id", "user_id")],
}
rows = {}
with connection.cursor() as cursor:
    for table, columns in COLUMNS.items():
        there = {c.name for c in connection.introspection.get_table_description(cursor, table)}
        columns = columns + [new if new in there else old for old, new in RENAMED.get(table, [])]
        cursor.execute(f"SELECT {', '.join(columns)} FROM {table} ORDER BY id")
        rows[table] = [[str(value) for value in row] for row in cursor.fetchall()]
print("kept", json.dumps(rows))
