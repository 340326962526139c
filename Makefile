# The whole life of a checkout: make demo, make test, make lint, make docs, make exhaustive, make faults, make bench.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/pip --disable-pip-version-check
# uv installs in a fifth of pip's time. Where it can't be had, or doesn't know the index that pip is set up for, pip does.
# Both compile what they install: where Python may not write, each start of TensorFlow would else take ten seconds more.
install = $(BIN)/uv pip install --quiet --python $(BIN)/python $(1) --constraint configs/constraints.txt --compile-bytecode \
	|| $(PIP) install --quiet $(1) --constraint configs/constraints.txt

IN_PARALLEL := -n 2 --dist loadfile --no-loadscope-reorder

.PHONY: demo test exhaustive lint format docs faults bench clean

demo: $(VENV)/.installed
	$(BIN)/bert-tf classifier --config=configs/demo.json --overwrite_output_dir --output_dir=runs/demo
	@echo
	@echo "Everything is in runs/demo. Next, try:"
	@echo "    echo 'These cats sleeps near the river.' | $(BIN)/bert-tf predict --output_dir=runs/demo"

test: $(VENV)/.installed-test
	$(BIN)/pytest $(IN_PARALLEL)

# What make test leaves out: more of the same kind.
exhaustive: $(VENV)/.installed-test
	$(BIN)/pytest -m exhaustive $(IN_PARALLEL)

lint: $(VENV)/.installed-test
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

format: $(VENV)/.installed-test
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

# The page that is made from the options. A test compares it with them.
docs: $(VENV)/.installed
	$(BIN)/python -m tests.flags_page > docs/.flags.md
	mv docs/.flags.md docs/flags.md

# For example: make faults KILLS=5 WORKERS=2 SEED=7
faults: $(VENV)/.installed-test
	TF_CPP_MIN_LOG_LEVEL=2 $(BIN)/python -m tests.faults.kills $(if $(KILLS),--kills=$(KILLS)) \
		$(if $(WORKERS),--workers=$(WORKERS)) $(if $(SEED),--seed=$(SEED))

# For example: make bench WORK=step-16x128 ROUNDS=5 PRECISION=float32 OPTIONS=--add
bench: $(VENV)/.installed-peers
	$(BIN)/python -m tests.peers.compare $(foreach work,$(WORK),--work=$(work)) $(if $(ROUNDS),--rounds=$(ROUNDS)) \
		$(if $(PRECISION),--precision=$(PRECISION)) $(OPTIONS)

clean:
	rm -rf $(VENV) runs build *.egg-info

$(VENV)/bin/pip:
	$(PYTHON) -m venv $(VENV)
	-$(PIP) install --quiet 'uv>=0.8,<0.14'

$(VENV)/.installed: $(VENV)/bin/pip setup.py configs/constraints.txt
	$(call install,--editable .)
	touch $@

$(VENV)/.installed-test: $(VENV)/.installed
	$(call install,--editable '.[test]')
	touch $@

# On Linux, PyPI's torch brings CUDA with it, several GB. To do without, install a CPU build into $(VENV) beforehand.
$(VENV)/.installed-peers: $(VENV)/.installed
	$(call install,--editable '.[peers]')
	touch $@
