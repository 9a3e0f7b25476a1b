"""Turn an existing model into an organization: what ``organizations_adopt`` does, in rooms.

``survey`` reads the models as the migrations know them and makes the plan; ``source`` says
which lines of models.py change; ``writing`` checks the changed classes and writes the
migrations; ``text`` prints.
"""
