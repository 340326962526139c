"""The layers of the package: a module imports only from lower rows, and without a cycle from its own folder."""

import ast
import pathlib

import pytest

ROOT = pathlib.Path(__file__).parent.parent
PACKAGE = ROOT / "bert_tf"
LAYERS = (
    {
        "command_config",
        "config",
        "config_paths",
        "console",
        "data_config",
        "disk",
        "encoder_config",
        "errors",
        "features",
        "files",
        "locks",
        "option_rules",
        "processor",
        "workers",
    },
    {"text", "data", "models", "weights", "metrics"},
    {"tasks"},
    {"evaluation"},
    {"training", "export"},
    {"experiments"},
    {"cli"},
    {"api"},
)
STRANGERS = {"text", "data", "models", "weights", "metrics", "training", "export"}
TENSORFLOW_FREE = (
    *sorted(LAYERS[0] - {"workers"}),
    "tasks.registry",
    "training.cluster",
    "training.interruption",
    "training.journal",
    "training.maintenance",
    "training.watchdog",
    "cli.main",
    "cli.inputs",
    "cli.devices",
    "cli.doctor_inputs",
    "experiments.report.writing",
)
LATE_IMPORTS = {
    ("files", "tensorflow"),
    ("data.tfds", "tensorflow_datasets"),
    ("data.parquet", "pyarrow"),
    ("experiments.report.canvas", "matplotlib"),
}
HEAVY = {"tensorflow", "keras", "tensorflow_text", "orbit", "tensorflow_datasets", "pyarrow"}

MODULES = {
    str(path.relative_to(PACKAGE).with_suffix("")).replace("/", ".").removesuffix(".__init__"): path
    for path in sorted(PACKAGE.rglob("*.py"))
}


def imports(module: str) -> list[tuple[str, bool]]:
    """What a module imports, and whether inside a function; `from bert_tf.x import y` counts as `bert_tf.x.y` if that
    is a module."""
    tree = ast.parse(MODULES[module].read_text(encoding="utf-8"))
    inner = {
        child
        for node in ast.walk(tree)
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda))
        for child in ast.walk(node)
    }
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [(alias.name, node in inner) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module} has a relative import"
            for alias in node.names:
                name = f"{node.module}.{alias.name}"
                is_module = name.removeprefix("bert_tf.") in MODULES
                found.append((name if is_module else str(node.module), node in inner))
    return found


def own_imports(module: str) -> list[str]:
    return [name.removeprefix("bert_tf.") for name, _ in imports(module) if name.startswith("bert_tf.")]


def layer_of(module: str) -> int:
    top = module.split(".")[0]
    matches = [index for index, names in enumerate(LAYERS) if top in names]
    assert matches, f"{module} belongs to no layer"
    return matches[0]


@pytest.mark.parametrize("module", [name for name in MODULES if name not in ("__init__", "__main__", "bert_tf")])
def test_a_module_imports_only_from_lower_layers_or_its_own_folder(module):
    top = module.split(".")[0]
    for imported in own_imports(module):
        other = imported.split(".")[0]
        if other == top:
            continue
        assert layer_of(imported) <= layer_of(module), f"{module} imports {imported}, which is above it"
        assert layer_of(imported) < layer_of(module) or not {top, other} <= STRANGERS, f"{module} imports {imported}"


def test_imports_have_no_cycle():
    done: set[str] = set()

    def visit(module: str, path: tuple[str, ...]) -> None:
        assert module not in path, " -> ".join((*path, module))
        if module not in done and module in MODULES:
            for imported in own_imports(module):
                visit(imported, (*path, module))
            done.add(module)

    for module in MODULES:
        visit(module, ())


@pytest.mark.parametrize("module", TENSORFLOW_FREE)
def test_what_runs_before_the_flags_are_known_needs_no_tensorflow(module):
    seen, waiting = set(), [module]
    while waiting:
        current = waiting.pop()
        if current in seen or current not in MODULES:
            continue
        seen.add(current)
        heavy = [name for name, is_inner in imports(current) if name.split(".")[0] in HEAVY and not is_inner]
        assert not heavy, f"{module} loads {heavy} through {current}"
        waiting += own_imports(current)


@pytest.mark.parametrize("module", MODULES)
def test_nothing_is_imported_inside_a_function(module):
    late = {(module, name.split(".")[0]) for name, is_inner in imports(module) if is_inner}
    assert late <= LATE_IMPORTS


@pytest.mark.parametrize("module", MODULES)
def test_no_module_is_named_after_nothing(module):
    assert not {"utils", "helpers", "common", "misc", "base", "manager"} & set(module.split("."))


@pytest.mark.parametrize("module", MODULES)
def test_nothing_imports_legacy_keras(module):
    assert not [name for name, _ in imports(module) if name.split(".")[0] == "tf_keras"]


def test_a_file_fits_the_eye():
    assert {name: path for name, path in MODULES.items() if len(path.read_text().splitlines()) > 400} == {}
