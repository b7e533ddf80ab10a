"""Modules that are there on the platform and need not be here: clients of other services, and the vault of secrets."""
import ast
import os
import sys
import types
from importlib.machinery import ModuleSpec, PathFinder

from . import outside, stub

CLIENTS = ("boto3", "botocore", "requests", "urllib3")
VAULT = "secret_vault"  # the last part of its name


def missing(top):
    """Reports whether a client is not installed, so that a stand-in has its name."""
    return top in CLIENTS and PathFinder.find_spec(top) is None


def _of(module):
    """Returns what a stand-in for a module has for a name that nobody has defined. It may be imported, and stand after except."""
    def attribute(name):
        if name.startswith("__"):
            raise AttributeError(name)
        made = stub.Refusing(f"{module}.{name}", (Exception,), {"why": f" ({module.partition('.')[0]} is not installed here)"})
        setattr(sys.modules[module], name, made)
        return made
    return attribute


class _Clients:
    """Finds clients that nobody else has found."""

    def find_spec(self, name, path=None, target=None):
        return ModuleSpec(name, self, is_package=True) if name.partition(".")[0] in CLIENTS else None

    def create_module(self, spec):
        return None

    def exec_module(self, module):
        module.__getattr__ = _of(module.__name__)


def _vaults(project):
    """Yields the names by which the project's modules import the vault."""
    for module in project["modules"]:
        with open(os.path.join(project["root"], *module.split(".")) + ".py", "rb") as f:
            text = f.read()
        if VAULT.encode() not in text:
            continue
        try:
            tree = ast.parse(text)
        except (SyntaxError, ValueError):
            continue  # which its import says
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                yield from (alias.name for alias in node.names if alias.name.rpartition(".")[2] == VAULT)
            elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
                if node.module.rpartition(".")[2] == VAULT:
                    yield node.module
                elif any(alias.name == VAULT for alias in node.names):
                    yield f"{node.module}.{VAULT}"


def _vault(name):
    """Is the vault by this name: its secrets are the fixtures'."""
    module = types.ModuleType(name)
    module.secret_vault = module.get_secret_vault_custom_secret = outside.secret
    for error in (stub.SecretNotFound, stub.MissingAccess, stub.InvalidInput):
        setattr(module, error.__name__, error)
    module.__getattr__ = _of(name)
    return module


def install(project):
    """Makes what is absent importable."""
    sys.meta_path.append(_Clients())
    for name in set(_vaults(project)):
        above = name.split(".")[:-1]
        if above and (above[0] in ("functions", "flows") or PathFinder.find_spec(above[0], [project["root"], *sys.path])):
            continue  # the project's own, or installed
        parent = None
        for depth, part in enumerate(above, 1):
            path = ".".join(above[:depth])
            module = sys.modules.get(path) or types.ModuleType(path)
            module.__path__, module.__getattr__ = [], _of(path)
            sys.modules[path] = module
            if parent:
                setattr(parent, part, module)
            parent = module
        sys.modules[name] = _vault(name)
        if parent:
            setattr(parent, VAULT, sys.modules[name])
