# make demo   sets up .venv, builds a sample workbook under build/ and rescores it
# make test   sets up .venv with the test extras and runs the whole suite
# make coverage  branch coverage of the core, by its doctests and worked cases; at least 95 %
# make lint   ruff, mypy --strict, import-linter
# make fuzz   looks for inputs that fail, a minute for each target; see fuzz/README.md
# make pictures  the pictures of docs/, made anew through LibreOffice
# make bench  speed and memory as JSON, ratios measured in one run

PYTHON ?= python3
# the suite runs on all cores; on one: make test WORKERS=0
WORKERS ?= auto
VENV := .venv
BIN := $(VENV)/bin
ifeq ($(OS),Windows_NT)
BIN := $(VENV)/Scripts
endif

.PHONY: demo test coverage lint fuzz pictures bench clean

demo: $(VENV)/.installed
	$(BIN)/xlportfolio demo build

test: $(VENV)/.installed-test
	$(BIN)/python -m pytest --numprocesses $(WORKERS) --dist worksteal $(ARGS)

# tests that draw their cases at random are left out: what they reach differs from run to run
comma := ,
space := $(subst ,, )
CORE = $(shell $(BIN)/python tests/support/core.py)
CORE_TESTS = aggregation audience audience_history document findings firm_sheet forecast history \
  history_sheets lever measures movement movement_sheet moving_thresholds orders page pairwise plan \
  rfm robustness scoring_cases tipping weighing weighting wording

coverage: $(VENV)/.installed-test
	$(BIN)/python -m coverage run -m pytest --quiet -m "not hypothesis" -k "not pdf" \
	  $(CORE) $(CORE_TESTS:%=tests/test_%.py)
	$(BIN)/python -m coverage report --include=$(subst $(space),$(comma),$(CORE))

lint: $(VENV)/.installed-lint
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

# one target for longer: make fuzz TARGETS=package ARGS=-max_total_time=3600
TARGETS ?= numerals levels tables package rescore

fuzz: $(VENV)/.installed-fuzz
	for target in $(TARGETS); do $(BIN)/python -m fuzz.$$target -max_total_time=60 $(ARGS) || exit 1; done

pictures: $(VENV)/.installed
	$(BIN)/python docs/pictures.py

bench: $(VENV)/.installed-test
	$(BIN)/python bench/formulas.py
	$(BIN)/python bench/robustness.py
	$(BIN)/python bench/orders.py
	$(BIN)/python bench/share.py
	$(BIN)/python bench/page.py
	$(BIN)/python bench/bench.py $(ARGS)

clean:
	rm -rf $(VENV) build dist

$(VENV)/.created:
	$(PYTHON) -m venv $(VENV)
	touch $@

$(VENV)/.installed: $(VENV)/.created pyproject.toml
	$(BIN)/python -m pip install --quiet --editable .
	touch $@

$(VENV)/.installed-test: $(VENV)/.created pyproject.toml
	$(BIN)/python -m pip install --quiet --editable ".[test]"
	touch $@

$(VENV)/.installed-fuzz: $(VENV)/.created pyproject.toml
	$(BIN)/python -m pip install --quiet --editable ".[fuzz,test]"
	touch $@

$(VENV)/.installed-lint: $(VENV)/.created pyproject.toml
	$(BIN)/python -m pip install --quiet --editable ".[lint,test]"
	touch $@
