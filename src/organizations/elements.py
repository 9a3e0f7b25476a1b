"""``{% element %}`` and ``{% slot %}``: pages are put together from small templates.

A page says what stands where; how it looks stands in ``organizations/elements/<name>.html``, and
a project or a theme that puts its own files there restyles every page.
"""

from __future__ import annotations

from typing import Any

from django.template import Node, NodeList, Template, TemplateSyntaxError
from django.template.base import FilterExpression, Parser, Token, token_kwargs
from django.utils.safestring import SafeString
from django.utils.translation import get_language

#: Where the slots of the element stand in the context while its content is rendered.
SLOTS = "_org_slots"


def element(parser: Parser, token: Token) -> Node:
    """``{% element "panel" kind="danger" %}...{% slot title %}...{% endslot %}{% endelement %}``.

    The element's template sees what is given as names, and ``slots``: each slot's HTML, and
    what stands outside of any slot as ``slots.content``, without the
    whitespace around. It sees nothing of the page besides, so
    that a ``title`` of the page never gets into an element. A slot that stands twice is joined.

    Without content it is drawn once for a page and the same words and numbers.
    """
    tag, *rest = token.split_contents()
    if not rest:
        raise TemplateSyntaxError(f'{tag} takes the name of an element: {{% {tag} "panel" %}}')
    name = parser.compile_filter(rest.pop(0))
    values = token_kwargs(rest, parser)
    if rest:
        raise TemplateSyntaxError(f"{tag} takes name=value after its name, not {rest[0]!r}")
    content = parser.parse(("endelement",))
    parser.delete_first_token()
    return ElementNode(name, values, content)


def slot(parser: Parser, token: Token) -> Node:
    """``{% slot title %}...{% endslot %}``: a named part of the element around it."""
    tag, *rest = token.split_contents()
    if len(rest) != 1:
        raise TemplateSyntaxError(f"{tag} takes one name: {{% {tag} title %}}")
    content = parser.parse(("endslot",))
    parser.delete_first_token()
    return SlotNode(rest[0], content)


class ElementNode(Node):
    """See ``element``."""

    child_nodelists = ("content",)

    def __init__(
        self, name: FilterExpression, values: dict[str, FilterExpression], content: NodeList
    ) -> None:
        self.name = name
        self.values = values
        self.content = content

    def render(self, context: Any) -> SafeString:
        values = {name: value.resolve(context) for name, value in self.values.items()}
        name = self.name.resolve(context)
        known = context.render_context.dicts[0].setdefault(SLOTS, {})
        if name not in known:
            known[name] = context.template.engine.get_template(
                f"organizations/elements/{name}.html"
            )
        template: Template = known[name]
        if self.content:
            slots: dict[str, SafeString] = {}
            with context.push(**{SLOTS: slots}):
                slots["content"] = SafeString(self.content.render(context).strip())
            return template.render(context.new({**values, "slots": slots}))
        # An element sees its values alone, so what a list shows in each row is drawn once.
        how = get_language(), context.autoescape
        drawn = (name, how, *((key, type(value), value) for key, value in values.items()))
        is_plain = all(isinstance(value, str | int | None) for value in values.values())
        if is_plain and drawn in known:
            return known[drawn]  # type: ignore[no-any-return]
        html = template.render(context.new({**values, "slots": {"content": SafeString("")}}))
        if is_plain:
            known[drawn] = html
        return html


class SlotNode(Node):
    """See ``slot``."""

    child_nodelists = ("content",)

    def __init__(self, name: str, content: NodeList) -> None:
        self.name = name
        self.content = content

    def render(self, context: Any) -> str:
        slots = context.get(SLOTS)
        if slots is None:
            raise TemplateSyntaxError(f"The slot {self.name} stands in no element.")
        html = self.content.render(context).strip()
        slots[self.name] = SafeString(slots.get(self.name, "") + html)
        return ""
