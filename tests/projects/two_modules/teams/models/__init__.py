from .people import TeamInvitation, TeamOwner, TeamUser
from .team import Team

__all__ = ["Team", "TeamInvitation", "TeamOwner", "TeamUser"]
