"""Reads a project's code without running it: what it does with the state, the attributes and the conversation, and in which functions."""
import ast
import os

from . import absent, conversation, loader, names, stub

_HARMLESS = {"len", "dict", "str", "repr", "print", "list", "sorted", "bool", "dumps", "getattr", "hasattr", "isinstance", "deepcopy", "copy", "items"}
_UTILS, _FLOW = ("prompt_llm", "get_secret"), ("goto_step", "functions", "current_step")


def read(project):
    """Returns what is used where, by which roots it is reached, and which attributes are read."""
    loader.know(project["root"])
    modules, problems = {}, []
    for name in project["modules"]:
        file = name.replace(".", "/") + ".py"
        path = os.path.join(project["root"], file)
        try:
            with open(path, "rb") as f:
                modules[name] = Module(name, file, ast.parse(f.read(), path))
        except (OSError, SyntaxError, ValueError) as e:
            problems.append({"module": name, **loader.describe(e)})
    for module in modules.values():
        module.resolve(modules)
    reach(modules, project["called"])
    uses, attributes = [], set()
    for module in modules.values():
        for body in module.bodies.values():
            reading = Reading(module, body)
            for use in reading.uses:
                uses.append({**use, "file": module.file, "roots": sorted(body.roots)})
            if "start" in body.roots:
                attributes |= reading.paths
    return {"problems": problems, "uses": sorted(uses, key=lambda use: (use["file"], use["line"], use["column"])),
            "attributes": sorted(list(path) for path in attributes if path),
            "parameters": {module.name: parameters(module) for module in modules.values() if module.name.rpartition(".")[2] in module.bodies}}


def parameters(module):
    """Returns what the function that a module is named after takes beside conv and flow; None for anything."""
    node = module.bodies[module.name.rpartition(".")[2]].node
    if isinstance(node, ast.ClassDef) or node.args.kwarg:
        return None
    first = 2 if module.name.startswith("flows.") else 1
    return [arg.arg for arg in [*node.args.posonlyargs, *node.args.args][first:] + node.args.kwonlyargs]


class Body:
    """A function or a class at the top of a module."""

    def __init__(self, node):
        self.node, self.roots, self.calls = node, set(), set()
        self.tool = any(_last(decorator.func if isinstance(decorator, ast.Call) else decorator).startswith("func_")
                        for decorator in node.decorator_list)


class Module:
    def __init__(self, name, file, tree):
        self.name, self.file, self.tree = name, file, tree
        self.bodies = {node.name: Body(node) for node in tree.body if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef))}
        self.constants = {target.id: node.value for node in tree.body if isinstance(node, ast.Assign)
                          for target in node.targets if isinstance(target, ast.Name)}
        self.names = {}  # what an imported name stands for: a module, or a name of one

    def resolve(self, modules):
        """Finds out what the names stand for, and which bodies use which."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                for alias in node.names:
                    self.names[alias.asname or alias.name] = (alias.name, None)
            elif isinstance(node, ast.ImportFrom):
                package = self.name.split(".")[:-node.level] if node.level else []
                of = ".".join(package + (node.module.split(".") if node.module else []))
                for alias in node.names:
                    if alias.name == "*" and of in modules:
                        self.names.update({name: (of, name) for name in modules[of].bodies})
                    elif of + "." + alias.name in modules:
                        self.names[alias.asname or alias.name] = (of + "." + alias.name, None)
                    else:
                        self.names[alias.asname or alias.name] = (of, alias.name)
        for body in self.bodies.values():
            for node in ast.walk(body.node):
                body.calls.add(self.stands_for(node))
            body.calls.discard(None)

    def stands_for(self, node):
        """Returns the module and the name that an expression refers to, None where that is not known."""
        if isinstance(node, ast.Name) and node.id in self.bodies:
            return self.name, node.id
        if isinstance(node, ast.Name) and node.id in self.names:
            of, name = self.names[node.id]
            return (of, name) if name else None
        if not isinstance(node, ast.Attribute):
            return None
        dotted = _dotted(node.value)
        if dotted.endswith(".functions"):
            folder = self.name.split(".")
            flow = "flows." + folder[1] + "." if dotted.startswith("flow") and folder[0] == "flows" else ""
            return f"{flow}functions.{node.attr}", node.attr
        of, name = self.names.get(dotted, (None, None))
        return (of, node.attr) if of and not name else None


def reach(modules, called):
    """Says of each body from which roots it is reached: start, end, or the path of a function that a conversation calls, as those
    that are called certainly are."""
    used = {call for module in modules.values() for name, body in module.bodies.items() for call in body.calls if call != (module.name, name)}
    for module in modules.values():
        last = module.name.rpartition(".")[2]
        for name, body in module.bodies.items():
            if name == last and module.name in ("functions.start_function", "functions.end_function"):
                follow(modules, module.name, name, name.partition("_")[0])
            elif name == last and (body.tool or module.name in called or module.name.startswith("flows.") or (module.name, name) not in used):
                follow(modules, module.name, name, module.name)


def follow(modules, module, name, root):
    body = modules[module].bodies.get(name) if module in modules else None
    if body is None or root in body.roots:
        return
    body.roots.add(root)
    for call in body.calls:
        follow(modules, *call, root)


class Reading(ast.NodeVisitor):
    """What one body does."""

    def __init__(self, module, body):
        self.module, self.uses, self.paths = module, [], set()
        self.convs, self.states, self.given, self.loops = {"conv"}, {"state"}, {}, []
        for node in ast.walk(body.node):
            if isinstance(node, ast.arg) and node.annotation is not None and _last(node.annotation) == "Conversation":
                self.convs.add(node.arg)
            if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
                name = node.targets[0].id
                if isinstance(node.value, ast.Attribute) and node.value.attr == "state":
                    self.states.add(name)
                path = self.path(node.value)
                if path is not None:
                    self.given[name] = path
        self.visit(body.node)

    def use(self, kind, name, node):
        self.uses.append({"kind": kind, "name": name, "line": node.lineno, "column": node.col_offset + 1})

    def is_state(self, node):
        return isinstance(node, ast.Name) and node.id in self.states or isinstance(node, ast.Attribute) and node.attr == "state"

    def is_conv(self, node):
        return isinstance(node, ast.Name) and node.id in self.convs

    def path(self, node):
        """Returns the path of an attribute that an expression reads, () for all of them, None where it reads none."""
        if isinstance(node, ast.Attribute) and node.attr == "integration_attributes":
            return ()
        if isinstance(node, ast.Name):
            return self.given.get(node.id)
        if isinstance(node, ast.BoolOp):
            return self.path(node.values[0])
        if isinstance(node, ast.IfExp):
            return self.path(node.body)
        base, key = None, None
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "get" and node.args:
            base, key = self.path(node.func.value), _text(node.args[0])
        elif isinstance(node, ast.Subscript):
            base, key = self.path(node.value), _text(node.slice)
        return None if base is None or key is None else base + (key,)

    def write(self, target, node):
        if isinstance(target, (ast.Tuple, ast.List)):
            for item in target.elts:
                self.write(item, node)
        elif isinstance(target, ast.Attribute) and self.is_state(target.value):
            self.use("write", target.attr, node)
        elif isinstance(target, ast.Subscript) and self.is_state(target.value):
            self.write_by(target.slice, node)

    def write_by(self, key, node):
        """A write by a key that may be known only when the code runs."""
        if _text(key) is not None:
            self.use("write", _text(key), node)
            return
        for target, names in reversed(self.loops):
            if isinstance(key, ast.Name) and key.id in target:
                for name in names:
                    self.use("write", name, node)
                return
        self.use("write", "", node)

    def visit_Assign(self, node):
        for target in node.targets:
            self.write(target, node)
        self.generic_visit(node)

    def visit_AugAssign(self, node):
        self.write(node.target, node)
        self.generic_visit(node)

    visit_AnnAssign = visit_AugAssign

    def visit_For(self, node):
        over = node.iter
        if isinstance(over, ast.Call) and isinstance(over.func, ast.Attribute) and over.func.attr in ("items", "keys"):
            over = over.func.value
        if isinstance(over, ast.Name):
            over = self.module.constants.get(over.id, over)
        known = isinstance(over, (ast.Tuple, ast.List, ast.Set, ast.Dict))
        if known:
            self.loops.append(({name.id for name in ast.walk(node.target) if isinstance(name, ast.Name)},
                               sorted({_text(part) for part in ast.walk(over) if _text(part) is not None})))
        self.generic_visit(node)
        if known:
            self.loops.pop()

    def visit_Attribute(self, node):
        if node.attr == "integration_attributes" and isinstance(node.ctx, ast.Load):
            self.use("attributes", node.attr, node)
        if self.is_conv(node.value) and node.attr in conversation.UNSUPPORTED:
            self.use("member", "conv." + node.attr, node)
        if isinstance(node.value, ast.Attribute) and node.value.attr == "utils" and self.is_conv(node.value.value) and node.attr not in _UTILS:
            self.use("member", "conv.utils." + node.attr, node)
        if isinstance(node.value, ast.Attribute) and node.value.attr == "log" and self.is_conv(node.value.value) and not hasattr(names.Log, node.attr):
            self.use("member", "conv.log." + node.attr, node)
        of, name = self.module.names.get(_dotted(node.value), (None, None))
        if of and not name and absent.missing(of.partition(".")[0]):
            self.use("member", f"{of}.{node.attr} ({of.partition('.')[0]} is not installed here)", node)
        if isinstance(node.value, ast.Name) and node.value.id == "flow" and node.attr not in _FLOW:
            self.use("member", "flow." + node.attr, node)
        self.generic_visit(node)

    def visit_Call(self, node):
        self.path_of(node)
        name = _last(node.func)
        if isinstance(node.func, ast.Name) and name in stub.REFUSED and name not in self.module.bodies and name not in self.module.names:
            self.use("member", name, node)
        if name == "call_handoff":
            to = node.args[0] if node.args else next((keyword.value for keyword in node.keywords if keyword.arg == "destination"), None)
            self.use("handoff", _text(to) or "", node)
        elif name in ("update", "setdefault") and isinstance(node.func, ast.Attribute) and self.is_state(node.func.value):
            self.update(name, node)
        elif name == "setattr" and len(node.args) == 3 and self.is_state(node.args[0]):
            self.write_by(node.args[1], node)
        elif name == "getattr" and len(node.args) > 1 and _text(node.args[1]) == "integration_attributes":
            self.use("attributes", "integration_attributes", node)
        elif name not in _HARMLESS and any(self.is_state(argument) for argument in node.args):
            self.use("write", "", node)  # whoever is given the state may write anything
        self.generic_visit(node)

    def update(self, name, node):
        if name == "setdefault":
            self.write_by(node.args[0], node)
            return
        for keyword in node.keywords:
            self.use("write", keyword.arg or "", node)
        for argument in node.args:
            if isinstance(argument, ast.Dict):
                for key in argument.keys:
                    self.write_by(key, node) if key is not None else self.use("write", "", node)
            else:
                self.use("write", "", node)

    def visit_Subscript(self, node):
        self.path_of(node)
        self.generic_visit(node)

    def path_of(self, node):
        path = self.path(node)
        if path:
            self.paths.add(path)


def _text(node):
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def _last(node):
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def _dotted(node):
    if isinstance(node, ast.Name):
        return node.id
    return f"{_dotted(node.value)}.{node.attr}" if isinstance(node, ast.Attribute) else ""
