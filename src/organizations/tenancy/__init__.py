"""The organization as a boundary of data: scopes, and models that live in one."""
