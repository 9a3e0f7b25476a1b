from .mailbox.models import Mail


def shop(request):
    """What the header of every page shows."""
    return {"site_name": "Shop", "unread_mails": Mail.objects.unread().count}
