"""The two ways to keep a page to an organization: a mixin for classes, a decorator for functions.

Either fetches the organization that the URL names, sends strangers to sign in, and shows people
from elsewhere the same "not found" as if there were nothing.
"""

from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect, render
from django.views.generic import CreateView, ListView, UpdateView

from organizations.decorators import permission_required
from organizations.views.default import org_url
from organizations.views.mixins import AccessRequiredMixin

from .forms import ProductForm
from .models import Product
from .permissions import CHANGE_PRODUCT, DELETE_PRODUCT, VIEW_PRODUCT


class ProductList(AccessRequiredMixin, ListView):
    permission = VIEW_PRODUCT
    paginate_by = 25

    def get_queryset(self):
        return Product.objects.for_organization(self.organization)


class ProductFormMixin(AccessRequiredMixin):
    permission = CHANGE_PRODUCT
    form_class = ProductForm
    template_name = "catalog/product_form.html"

    def form_valid(self, form):
        messages.success(self.request, f"{form.instance} is saved.")
        return super().form_valid(form)

    def get_success_url(self):
        return org_url("product_list", self.organization)


class ProductAdd(ProductFormMixin, CreateView):
    def get_form_kwargs(self):
        return {**super().get_form_kwargs(), "instance": Product(account=self.organization)}


class ProductEdit(ProductFormMixin, UpdateView):
    def get_object(self, queryset=None):
        # Asked of this organization: the number of somebody else's product finds nothing.
        return get_object_or_404(
            Product.objects.for_organization(self.organization), pk=self.kwargs["product_pk"]
        )


@permission_required(DELETE_PRODUCT)
def product_delete(request, organization_pk, product_pk):
    organization = request.organization
    product = get_object_or_404(Product.objects.for_organization(organization), pk=product_pk)
    if request.method == "POST":
        product.delete()
        messages.success(request, f"{product} is deleted.")
        return redirect(org_url("product_list", organization))
    context = {"organization": organization, "access": request.access, "product": product}
    return render(request, "catalog/product_confirm_delete.html", context)
