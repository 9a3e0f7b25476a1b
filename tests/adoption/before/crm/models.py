"""Companies and their people, as a project had them before."""

from django.db import models


class Company(models.Model):
    title = models.CharField(max_length=80)
    vat_number = models.CharField(max_length=20, blank=True)
    registered_on = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["title"]
        verbose_name_plural = "companies"

    def __str__(self):
        return self.title


class CompanyUser(models.Model):
    company = models.ForeignKey(Company, on_delete=models.CASCADE, related_name="staff")
    person = models.ForeignKey("auth.User", on_delete=models.CASCADE)
    is_manager = models.BooleanField(default=False)
    is_owner = models.BooleanField(default=False)
    job = models.CharField(max_length=80, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["company", "person"], name="crm_companyuser_once")
        ]

    def __str__(self):
        return f"{self.person} at {self.company.title}"


class Invoice(models.Model):
    company = models.ForeignKey(Company, on_delete=models.PROTECT, related_name="invoices")
    written_by = models.ForeignKey("auth.User", models.SET_NULL, null=True, blank=True)
    number = models.CharField(max_length=20, unique=True)

    def __str__(self):
        return self.number
