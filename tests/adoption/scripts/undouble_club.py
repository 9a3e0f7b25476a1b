"""What a project does about two rows for one person: it keeps the older one."""

from club.models import Club, Player
from django.db import connection

assert Player._meta.get_field("organization").related_model is Club
with connection.cursor() as cursor:
    cursor.execute(
        "DELETE FROM club_player WHERE EXISTS (SELECT 1 FROM club_player older "
        "WHERE older.organization_id = club_player.organization_id "
        "AND older.user_id = club_player.user_id AND older.id < club_player.id)"
    )
