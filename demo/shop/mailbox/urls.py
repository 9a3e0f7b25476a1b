from django.urls import path

from . import views

urlpatterns = [
    path("", views.MailList.as_view(), name="mail_list"),
    path("<int:pk>/", views.mail, name="mail"),
    path("<int:pk>/html/", views.mail_html, name="mail_html"),
]
