from django import forms

from .models import Product


class ProductForm(forms.ModelForm):
    class Meta:
        model = Product
        fields = ["name", "sku", "price", "description"]
        widgets = {"description": forms.Textarea(attrs={"rows": 4})}

    def clean_sku(self):
        sku = self.cleaned_data["sku"]
        others = Product.objects.for_organization(self.instance.account)
        if others.filter(sku=sku).exclude(pk=self.instance.pk).exists():
            raise forms.ValidationError("Another product has this SKU.")
        return sku
