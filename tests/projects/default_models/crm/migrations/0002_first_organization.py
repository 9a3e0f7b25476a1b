from django.db import migrations


def add(apps, schema_editor):
    user = apps.get_model("auth", "User").objects.create(username="founder")
    organization = apps.get_model("organizations", "Organization").objects.create(
        name="The First", slug="the-first"
    )
    member = apps.get_model("organizations", "OrganizationUser").objects.create(
        organization=organization, user=user, is_admin=True
    )
    apps.get_model("organizations", "OrganizationOwner").objects.create(
        organization=organization, organization_user=member
    )
    apps.get_model("crm", "Contact").objects.create(
        organization=organization, keeper=member, name="Somebody"
    )


def remove(apps, schema_editor):
    apps.get_model("organizations", "Organization").objects.filter(slug="the-first").delete()
    apps.get_model("auth", "User").objects.filter(username="founder").delete()


class Migration(migrations.Migration):
    dependencies = [
        ("crm", "0001_initial"),
        ("organizations", "0006_alter_organization_slug"),
    ]

    operations = [migrations.RunPython(add, remove)]
