"""Annotations: which are known, and the names that `@name` gives to the control plane."""

from __future__ import annotations

from contra.p4.front import errors, tree
from contra.p4.front.scope import Env
from contra.p4.front.v1model import HARMLESS, MEANT


def check(env: Env, annotations: tree.Annotations) -> None:
    """Report what might change the program and is not known."""
    for each in annotations:
        if each.name not in HARMLESS and each.name not in MEANT:
            known = ", ".join(f"@{name}" for name in sorted(MEANT))
            env.report(errors.UnknownAnnotation(name=each.name, known=known, span=env.span(each)))


def given_name(env: Env, annotations: tree.Annotations) -> str | None:
    """The text of `@name("...")`."""
    for each in annotations:
        if each.name == "name":
            body = each.body or ""
            if len(body) < 3 or not (body.startswith('"') and body.endswith('"')):
                found = f"'{body}'" if body else "nothing"
                expected = 'a name in quotes, such as @name("port")'
                raise env.refuse(errors.BadAnnotation(name="name", expected=expected, found=found, span=env.span(each)))
            return body[1:-1]
    return None


def control_plane_name(env: Env, node: tree.Declaration, kind: str = "") -> str:
    """Instance path and name, as p4c gives it: `@name` replaces the last part, with a dot in front all of it.

    Two things of one `kind` and name are refused, because the control plane could not tell them apart.
    """
    given = given_name(env, node.annotations)
    name = env.path + (given or node.name.text)
    if given and given.startswith("."):
        name = given[1:]
    if kind and env.main:
        first = env.shared.names.get((kind, name))
        if first is not None:
            raise env.refuse(errors.Duplicate(name=name, first=first, span=env.span(node.name)))
        env.shared.names[kind, name] = env.span(node.name)
    return name


def has(annotations: tree.Annotations, *names: str) -> bool:
    """Whether one of the names is among the annotations."""
    return any(each.name in names for each in annotations)
