from django.db import models

from organizations.models import Organization, OrganizationInvitation


class ServiceProvider(Organization):
    licence = models.CharField(max_length=50, blank=True)

    class Meta(Organization.Meta):
        verbose_name = "service provider"


class Client(Organization):
    service_provider = models.ForeignKey(
        ServiceProvider, null=True, on_delete=models.SET_NULL, related_name="clients"
    )
    monthly_subscription = models.IntegerField(default=0)


class Offer(OrganizationInvitation):
    invitation = models.OneToOneField(
        OrganizationInvitation,
        on_delete=models.CASCADE,
        parent_link=True,
        primary_key=True,
        related_name="offer",
    )
    discount = models.IntegerField(default=0)

    def activation_kwargs(self):
        return {"is_admin": self.discount > 10}
