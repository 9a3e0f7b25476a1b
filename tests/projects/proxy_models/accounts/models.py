from organizations.models import Organization, OrganizationUser


class Account(Organization):
    class Meta:
        proxy = True

    def __bool__(self):
        return False  # a project counts its accounts so

    def save(self, *args, **kwargs):
        self.name = self.name.strip()
        super().save(*args, **kwargs)

    @property
    def shout(self):
        return self.name.upper()


class AccountUser(OrganizationUser):
    class Meta:
        proxy = True

    @property
    def label(self):
        return f"{self.user} of {self.organization}"
