"""Who runs migrations by hand gets statements that run, and the same indexes."""

NAMES = {
    True: "SELECT indexname FROM pg_indexes WHERE schemaname = 'public'",
    False: "SELECT name FROM sqlite_master WHERE type = 'index'",
}


def indexes(database):
    with database.connect() as link:
        return {name for (name,) in link.execute(NAMES[database.is_postgres]).fetchall()}


def test_what_sqlmigrate_prints_can_be_run(empty_database):
    empty_database.manage("migrate -v0 organizations 0020")
    before = indexes(empty_database)
    numbers = ("0021", "0022", "0023", "0024")
    for each in empty_database.manage(*(f"sqlmigrate organizations {each}" for each in numbers)):
        with empty_database.connect() as link:
            for line in each.output.splitlines():
                if line.endswith(";"):
                    link.execute(line)
    by_hand = indexes(empty_database)
    assert by_hand - before and before - by_hand
    empty_database.manage("migrate -v0 --fake organizations 0024", "migrate -v0 organizations 0020")
    assert indexes(empty_database) == before
    empty_database.manage("migrate -v0 organizations 0024")
    assert indexes(empty_database) == by_hand
