"""The rows of the house: a module imports only from lower rows, and without a cycle from its own folder."""

import ast
import pathlib

ROOT = pathlib.Path(__file__).parent.parent
PACKAGE = ROOT / "bert_tf"
# From the ground up. CONTRIBUTING.md has the same table, with what each row does.
ROWS = (
    {"config", "host", "features", "errors"},
    {"text", "data", "models", "weights", "metrics"},
    {"tasks"},
    {"evaluation"},
    {"training", "export"},
    {"report", "doctor", "benchmark"},
    {"runs"},
    {"experiments"},
    {"cli", "api"},
)
STRANGERS = {"text", "data", "models", "weights", "metrics", "training", "export"}
TENSORFLOW_FREE = (
    "api",
    "cli.main",
    "config",
    "data.cache",
    "data.readers.choice_rows",
    "data.readers.choices",
    "data.readers.question_rows",
    "data.readers.squad",
    "data.readers.tagged_files",
    "doctor.data_findings",
    "doctor.label_findings",
    "errors",
    "features",
    "host",
    "metrics",
    "report.writing",
    "runs.folder",
    "runs.inputs",
    "tasks.answers",
    "tasks.known",
    "tasks.own",
    "tasks.registry",
    "training.devices.cluster",
    "training.journal",
    "training.watch.interruption",
    "training.watch.maintenance",
    "training.watch.watchdog",
)
NEEDS_TENSORFLOW = {"host.workers"}
LATE_IMPORTS = {
    ("host.files", "tensorflow"),
    ("host.remote", "tensorflow"),
    ("data.readers.tfds", "tensorflow_datasets"),
    ("data.readers.parquet", "pyarrow"),
    ("report.drawing.canvas", "matplotlib"),
}
# Who may name a kind of answer; all others ask the space or the objective.
KNOWS_KINDS = ("tasks", "report.findings", "report.writing", "benchmark.subject")
KINDS_OF_ANSWERS = {"OneLabel", "Ranks", "LabelSet", "Value", "Tags", "Spans", "Choice"}
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


IMPORTS = {module: imports(module) for module in MODULES}


def own_imports(module: str) -> list[str]:
    return [name.removeprefix("bert_tf.") for name, _ in IMPORTS[module] if name.startswith("bert_tf.")]


def row_of(module: str) -> int:
    top = module.split(".")[0]
    matches = [index for index, names in enumerate(ROWS) if top in names]
    assert matches, f"{module} belongs to no row"
    return matches[0]


def test_a_module_imports_only_from_lower_rows_or_its_own_folder():
    for module in MODULES:
        if module in ("__init__", "__main__"):
            continue
        top = module.split(".")[0]
        for imported in own_imports(module):
            other = imported.split(".")[0]
            if other == top:
                continue
            assert row_of(imported) <= row_of(module), f"{module} imports {imported}, which is above it"
            are_strangers = {top, other} <= STRANGERS and row_of(imported) == row_of(module)
            assert not are_strangers, f"{module} imports {imported}"


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


def test_what_runs_before_the_flags_are_known_needs_no_tensorflow():
    chosen = [
        module
        for module in MODULES
        if any(module == name or module.startswith(f"{name}.") for name in TENSORFLOW_FREE)
        and module not in NEEDS_TENSORFLOW
    ]
    for module in chosen:
        seen, waiting = set(), [module]
        while waiting:
            current = waiting.pop()
            if current in seen or current not in MODULES:
                continue
            seen.add(current)
            heavy = [name for name, is_inner in IMPORTS[current] if name.split(".")[0] in HEAVY and not is_inner]
            assert not heavy, f"{module} loads {heavy} through {current}"
            waiting += own_imports(current)


def test_names_and_late_imports_keep_the_rules_of_the_house():
    for module in MODULES:
        empty_names = {"utils", "helpers", "common", "misc", "base", "manager"}
        assert not empty_names & set(module.split(".")), module
        late = {(module, name.split(".")[0]) for name, is_inner in IMPORTS[module] if is_inner}
        assert late <= LATE_IMPORTS, module
        assert not [name for name, _ in IMPORTS[module] if name.split(".")[0] == "tf_keras"], module
        assert len(MODULES[module].read_text().splitlines()) <= 400, f"{module} does not fit the eye"
    loose = {path.stem for path in PACKAGE.glob("*.py")}
    assert loose == {"__init__", "__main__", "api", "errors", "features"}


def knows_kinds(module: str) -> bool:
    return any(module == name or module.startswith(f"{name}.") for name in KNOWS_KINDS)


def test_nobody_asks_for_the_kind_of_an_answer():
    for module in MODULES:
        tree = ast.parse(MODULES[module].read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and not knows_kinds(module):
                named = KINDS_OF_ANSWERS & {alias.name for alias in node.names}
                assert not named, f"{module} names {named}"
            if isinstance(node, (ast.Compare, ast.Match)):
                sides = [node.left, *node.comparators] if isinstance(node, ast.Compare) else [node.subject]
                asked = [side for side in sides if ast.unparse(side).endswith(("task.kind", "answers.kind"))]
                assert not asked, f"{module}:{node.lineno} compares a kind"
