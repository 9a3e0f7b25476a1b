"""The verbs: what can happen to organizations, each written once.

Verbs know neither HTTP nor a concrete model. They take the rows they work on and who acts,
run in one transaction, lock the organization's row before they decide, and leave mail to
the moment after the commit. Each has an async twin with an ``a`` before its name.
"""
