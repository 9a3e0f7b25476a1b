from django.db import models


class Invoice(models.Model):
    text = models.CharField(max_length=200)
    organization = models.ForeignKey("organizations.Organization", models.CASCADE, related_name="+")
    member = models.ForeignKey(
        "organizations.OrganizationUser", models.SET_NULL, null=True, related_name="+"
    )

    def __str__(self):
        return self.text
