from django.urls import path

from . import views

urlpatterns = [
    path("", views.ProductList.as_view(), name="product_list"),
    path("add/", views.ProductAdd.as_view(), name="product_add"),
    path("<int:product_pk>/", views.ProductEdit.as_view(), name="product_edit"),
    path("<int:product_pk>/delete/", views.product_delete, name="product_delete"),
]
