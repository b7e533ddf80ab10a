"""Makes the modules of sources, texts by name, importable without writing a file, then runs the host."""
import sys
from importlib.machinery import ModuleSpec

if sys.version_info < (3, 9):
    raise SystemExit("want Python 3.9 or newer, got %d.%d" % sys.version_info[:2])

PACKAGE = "dnispool_adk"


class Sources:
    """Finds and loads the modules of the package by their texts."""

    def __init__(self, texts):
        self.texts = texts

    def find_spec(self, name, path=None, target=None):
        if name == PACKAGE:
            return ModuleSpec(name, self, is_package=True)
        if name.startswith(PACKAGE + ".") and name[len(PACKAGE) + 1:] in self.texts:
            return ModuleSpec(name, self)
        return None

    def create_module(self, spec):
        return None

    def exec_module(self, module):
        name = module.__name__[len(PACKAGE) + 1:]
        if name:
            exec(compile(self.texts[name], f"<dnispool {name}.py>", "exec"), module.__dict__)


sys.meta_path.insert(0, Sources(sources))  # noqa: F821 of the program that reads them
if sys.path and sys.path[0] in ("", "."):
    del sys.path[0]  # the folder in which the simulator was started is none of the project's
from dnispool_adk import host  # noqa: E402

host.main()
