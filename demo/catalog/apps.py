"""The shop's part of an organization's pages."""

from django.apps import AppConfig

from organizations import pages


class CatalogConfig(AppConfig):
    name = "catalog"

    def ready(self):
        from .permissions import VIEW_PRODUCT

        # This is how a project adds its own pages to the tabs of an organization.
        pages.register(
            pages.Link(
                place="organization",
                url_name="product_list",
                label="Products",
                permission=VIEW_PRODUCT,
            )
        )
