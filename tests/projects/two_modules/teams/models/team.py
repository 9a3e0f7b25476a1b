from django.db import models

from organizations.abstract import AbstractOrganization


class Team(AbstractOrganization):
    motto = models.CharField(max_length=100, default="")
