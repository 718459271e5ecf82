"""One Bicep file, read by a parser of the whole language: what it declares, what it refers to, what it says.

This is syntax and names. The Bicep compiler knows more (types, API versions, limits) and is asked by the pipeline.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from lark import Token, Tree
from lark.exceptions import LarkError
from pycep import BicepParser

type Node = Tree[Token]

IDENTIFIER = re.compile(r"[A-Za-z_]\w*")
SCOPE_NAMES = frozenset({"loop_array", "loop_array_index", "loop_object"})
OPERATORS = frozenset({"operator"})


class BadBicep(Exception):
    """The text is not Bicep."""


@cache
def _parser() -> BicepParser:
    return BicepParser(cache=False)


@cache
def parsed(text: str) -> Node:
    """Parse a whole Bicep file.

    Raises:
        BadBicep: with the place.
    """
    try:
        return _parser().lark_parser.parse(text)
    except LarkError as error:
        raise BadBicep(str(error).splitlines()[0]) from error


def parsed_parameters(text: str) -> tuple[str, Node]:
    """Parse a .bicepparam file: the template that it uses, and its values as variables."""
    using = re.search(r"^using '([^']+)'$", text, re.MULTILINE)
    if using is None:
        raise BadBicep("no template is used")
    rest = text.replace(using.group(), "", 1)
    return using.group(1), parsed(re.sub(r"^param (\w+) =", r"var \1 =", rest, flags=re.MULTILINE))


@dataclass(frozen=True)
class Block:
    """A declaration: `param`, `var`, `resource`, `module` or `output`."""

    kind: str
    name: str
    node: Node

    @property
    def target(self) -> str:
        """What stands behind the name of a resource or module, as `Microsoft.Web/sites@2025-03-01`."""
        for child in self.node.children:
            if isinstance(child, Tree) and child.data in {"type_api_pair", "module_path"}:
                return unquoted(str(child.children[0]))
        return ""

    @property
    def type(self) -> str:
        """The resource type without its API version."""
        return self.target.partition("@")[0]

    @property
    def is_existing(self) -> bool:
        """Whether the resource is only looked up."""
        return any(isinstance(child, Token) and child.type == "EXISTING" for child in self.node.children)

    @property
    def value(self) -> Node | None:
        """What stands behind the equals sign, or None."""
        last = self.node.children[-1]
        return last if isinstance(last, Tree) and last.data != "data_type" else None

    @property
    def body(self) -> dict[str, Node]:
        """The pairs of the object that a resource, module or variable is, inside its loop and condition."""
        return pairs_of(inner(self.value)) if self.value is not None else {}

    def property(self, path: str) -> Node | None:
        """The value at a path of names, as `properties.reserved`."""
        here: Node | None = inner(self.value) if self.value is not None else None
        for name in path.split("."):
            here = pairs_of(here).get(name) if here is not None else None
        return here

    def texts(self, path: str) -> list[str]:
        """The text at a path, or the texts of the array there."""
        node = self.property(path)
        return texts_of(node) if node is not None else []


class Template:
    """A parsed Bicep file."""

    def __init__(self, text: str) -> None:
        """Parse the text. Raises BadBicep."""
        self._take(parsed(text))

    @classmethod
    def of_tree(cls, tree: Node) -> "Template":
        """Make one of what is parsed already."""
        made = cls.__new__(cls)
        made._take(tree)
        return made

    def _take(self, tree: Node) -> None:
        self.tree = tree
        self.blocks = tuple(_blocks(tree))

    def of(self, kind: str) -> dict[str, Block]:
        """All blocks of a kind by name."""
        return {block.name: block for block in self.blocks if block.kind == kind}

    def resources(self, resource_type: str) -> list[Block]:
        """All resources of a type, existing ones left out."""
        return [each for each in self.of("resource").values() if each.type == resource_type and not each.is_existing]

    def references(self) -> Iterator[str]:
        """Every name that an expression refers to, but for those that a loop or lambda brings itself."""
        for block in self.blocks:
            for child in block.node.children:
                if isinstance(child, Tree) and child.data not in {"data_type", "type_api_pair", "module_path"}:
                    yield from _references(child, frozenset(), is_member=False)

    def functions(self) -> set[str]:
        """The name of every function that is called."""
        return {
            str(token).rstrip("(")
            for tree in (self.tree, *_interpolated(self.tree))
            for token in tree.scan_values(lambda value: isinstance(value, Token) and value.type == "FUNCTION")
        }

    def reaches_into(self, names: frozenset[str]) -> Iterator[tuple[str, str]]:
        """Every `<name>.outputs.<output>`, for these names."""
        for tree in (self.tree, *_interpolated(self.tree)):
            for access in tree.find_data("property_accessor"):
                left, right = access.children
                if identifier(left) in names and isinstance(right, Tree):
                    chain = list(right.scan_values(lambda value: isinstance(value, Token)))
                    if len(chain) > 1 and str(chain[0]) == "outputs":
                        yield identifier(left), str(chain[1])


def _blocks(tree: Node) -> Iterator[Block]:
    for child in tree.children:
        if isinstance(child, Tree) and child.data in {"param", "var", "resource", "module", "output"}:
            names = [each for each in child.children if isinstance(each, Token)]
            yield Block(str(child.data), str(names[0]), child)


def inner(node: Node) -> Node:
    """What a loop repeats or a condition allows."""
    while node.data in {"loop", "deploy_condition", "operator"}:
        if node.data == "operator":
            return node
        node = node.children[-1]  # type: ignore[assignment]  # an object or a condition, by the grammar
    return node


def pairs_of(node: Node) -> dict[str, Node]:
    """The pairs of an object."""
    pairs = (child for child in node.children if isinstance(child, Tree) and child.data == "pair")
    return {unquoted(str(pair.children[0].children[0])): pair.children[1] for pair in pairs}  # type: ignore[union-attr,misc]  # a key and a value, by the grammar


def items_of(node: Node | None) -> list[Node]:
    """The items of an array."""
    if node is None or node.data != "array":
        return []
    return [child for child in node.children if isinstance(child, Tree)]


def texts_of(node: Node) -> list[str]:
    """The text of a value, or of each item of an array."""
    return [text(each) for each in items_of(node)] if node.data == "array" else [text(node)]


def text(node: object) -> str:
    """A value as it was written, without its quotes; only for simple ones."""
    if isinstance(node, Tree):
        if node.data in {"true", "false", "null"}:
            return str(node.data)
        return text(node.children[0]) if len(node.children) == 1 else ""
    return unquoted(str(node))


def unquoted(written: str) -> str:
    """A text without its quotes."""
    return written[1:-1] if written.startswith("'") else written


def identifier(node: object) -> str:
    """The name that an expression is, or nothing."""
    if isinstance(node, Tree) and node.data == "string" and IDENTIFIER.fullmatch(str(node.children[0])):
        return str(node.children[0])
    return ""


def _references(node: Node, known: frozenset[str], *, is_member: bool) -> Iterator[str]:
    match node.data:
        case "string":
            yield from _of_string(str(node.children[0]), known, is_member=is_member)
        case "loop":
            yield from _of_loop(node, known)
        case "lambda_expression":
            names = {identifier(child) for child in node.children[:-1]}
            yield from _of_children(node.children[-1:], known | names, is_member=False)
        case "property_accessor":
            yield from _of_children(node.children[:1], known, is_member=is_member)
            yield from _of_children(node.children[1:], known, is_member=True)
        case "operator":
            yield from _of_children(node.children, known, is_member=is_member)
        case "pair":
            key = node.children[0].children[0]  # type: ignore[union-attr]  # a key, by the grammar
            if str(key).startswith("'"):
                yield from _of_string(str(key), known, is_member=False)
            yield from _of_children(node.children[1:], known, is_member=False)
        case _:
            # of an operator inside a chain of members, only the first operand is still a member
            yield from _of_children(node.children[:1], known, is_member=is_member)
            yield from _of_children(node.children[1:], known, is_member=False)


def _of_children(children: list[Token | Node], known: frozenset[str], *, is_member: bool) -> Iterator[str]:
    for child in children:
        if isinstance(child, Tree):
            yield from _references(child, known, is_member=is_member)


def _of_loop(node: Node, known: frozenset[str]) -> Iterator[str]:
    head = next(child for child in node.children if isinstance(child, Tree) and str(child.data) in SCOPE_NAMES)
    names = {str(child) for child in head.children if isinstance(child, Token)}
    yield from _of_children(head.children, known, is_member=False)
    rest = [child for child in node.children if child is not head]
    yield from _of_children(rest, known | names, is_member=False)


def _of_string(written: str, known: frozenset[str], *, is_member: bool) -> Iterator[str]:
    if written.startswith("'"):
        for expression in interpolations(written):
            yield from _references(_expression(expression), known, is_member=False)
    elif not is_member and IDENTIFIER.fullmatch(written) and written not in known:
        yield written


def interpolations(written: str) -> Iterator[str]:
    """The expressions inside a text in quotes."""
    for part in re.split(r"(?<!\\)\$\{", written)[1:]:
        depth, end = 1, 0
        while depth:
            depth += {"{": 1, "}": -1}.get(part[end], 0)
            end += 1
        yield part[: end - 1]


def _expression(written: str) -> Node:
    value = _blocks(parsed(f"var x = {written}\n"))
    found = next(value).value
    if found is None:
        raise BadBicep(f"no expression: {written}")
    return found


def _interpolated(tree: Node) -> Iterator[Node]:
    for token in tree.scan_values(lambda value: isinstance(value, Token) and str(value).startswith("'")):
        for expression in interpolations(str(token)):
            yield _expression(expression)
