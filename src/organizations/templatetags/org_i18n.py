"""Django's tags of translation, with the project's word for an organization.

``{% load org_i18n %}`` stands where ``{% load i18n %}`` would: it has every tag and filter of it,
of which ``translate`` and ``blocktranslate`` say ``ORGANIZATIONS["NAME"]``. See ``words``.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.template import Library, TemplateSyntaxError, Variable
from django.template.base import Parser, Token, render_value_in_context
from django.template.context import Context
from django.templatetags import i18n
from django.utils import translation
from django.utils.safestring import SafeString, mark_safe

from organizations import words

register = Library()
register.tags.update(i18n.register.tags)
register.filters.update(i18n.register.filters)


class Literal(Variable):
    """A text that stands in a template, in its translation."""

    def resolve(self, context: Any) -> Any:
        if not self.translate or not isinstance(self.literal, str):
            return super().resolve(context)  # what a variable holds is no text of ours
        message = mark_safe(self.literal.replace("%", "%%"))  # noqa: S308 (of a template)
        if self.message_context:
            return words.pgettext(self.message_context, message)
        return words.gettext(message)


class TranslateNode(i18n.TranslateNode):
    def __init__(self, node: i18n.TranslateNode) -> None:
        super().__init__(node.filter_expression, node.noop, node.asvar, node.message_context)
        variable = self.filter_expression.var
        if isinstance(variable, Variable):
            self.filter_expression.var = Literal(str(variable.var))


class BlockTranslateNode(i18n.BlockTranslateNode):
    """As Django renders it, but for whose words are used."""

    tag_name: str  # the type stubs do not know it

    def __init__(self, node: i18n.BlockTranslateNode) -> None:
        self.__dict__.update(node.__dict__)

    def render(self, context: Context, nested: bool = False) -> str:
        message_context = self.message_context.resolve(context) if self.message_context else None
        with context.push(
            **{name: value.resolve(context) for name, value in self.extra_context.items()}
        ):
            text, names = self._text(context, message_context)
            values = {name: self._value(context, name) for name in names}
        try:
            result = text % values
        except (KeyError, ValueError) as error:
            if nested:
                raise TemplateSyntaxError(
                    f"{self.tag_name!r} cannot put {values!r} into the translation {text!r}"
                ) from error
            with translation.override(None):
                result = self.render(context, nested=True)
        if self.asvar:
            context[self.asvar] = SafeString(result)
            return ""
        return result

    def _text(self, context: Context, message_context: str | None) -> tuple[str, list[str]]:
        """Return the translation, and the names of what is to be put into it."""
        singular, names = self.render_token_list(self.singular)
        if not (self.plural and self.countervar and self.counter):
            if message_context:
                return words.pgettext(message_context, singular), names
            return words.gettext(singular), names
        count = self.counter.resolve(context)
        if not isinstance(count, Decimal | float | int):
            raise TemplateSyntaxError(
                f"{self.countervar!r} argument to {self.tag_name!r} tag must be a number."
            )
        context[self.countervar] = count
        plural, more = self.render_token_list(self.plural)
        if message_context:
            text = words.npgettext(message_context, singular, plural, count)
        else:
            text = words.ngettext(singular, plural, count)
        return text, names + more

    def _value(self, context: Any, name: str) -> str:
        if name in context:
            value = context[name]
        else:
            missing = context.template.engine.string_if_invalid
            value = missing % name if "%s" in missing else missing
        return render_value_in_context(value, context)


@register.tag("translate")
@register.tag("trans")
def do_translate(parser: Parser, token: Token) -> TranslateNode:
    return TranslateNode(i18n.do_translate(parser, token))


@register.tag("blocktranslate")
@register.tag("blocktrans")
def do_block_translate(parser: Parser, token: Token) -> BlockTranslateNode:
    return BlockTranslateNode(i18n.do_block_translate(parser, token))
