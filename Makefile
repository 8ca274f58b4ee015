# make demo   sets up .venv, builds a sample workbook under build/ and rescores it
# make test   sets up .venv with the test extras and runs the whole suite
# make quick  the part of it that needs nothing but Python, in a few minutes
# make coverage  branch coverage of the core, by its doctests and worked cases; at least 95 %
# make lint   ruff, mypy --strict, import-linter, and the documentation built strictly
# make docs   the documentation as a site under build/site/, which opens without a server (searching needs one)
# make fuzz   looks for inputs that fail, a minute for each target; see fuzz/README.md
# make mutation  looks for wrong rules that no test notices; see docs/mutation.md
# make pictures  the pictures of docs/, made anew through LibreOffice and Chromium
# make reference  the pages of docs/reference, made anew from the code
# make bench  speed and memory as JSON, ratios measured in one run
# make versions  the quick part with each Python that is there, with the newest and the lowest libraries
# make lock   renews requirements.lock, the exact versions to install from
# make dist   builds wheel and source archive under dist/
# make release  the same, tests the wheel far from its source, and lists what it brings along (SBOM)

PYTHON ?= python3
# the suite runs on all cores; on one: make test WORKERS=0
WORKERS ?= auto
VENV := .venv
BIN := $(VENV)/bin
ifeq ($(OS),Windows_NT)
BIN := $(VENV)/Scripts
endif

export NO_MKDOCS_2_WARNING := 1

.PHONY: demo test quick coverage lint docs fuzz mutation pictures reference bench versions lock dist sbom release clean

demo: $(VENV)/.installed
	@$(BIN)/xlportfolio demo build

test: $(VENV)/.installed-test
	$(BIN)/python -m pytest --numprocesses $(WORKERS) --dist worksteal $(ARGS)

quick: $(VENV)/.installed-test
	$(BIN)/python -m pytest --numprocesses $(WORKERS) --dist worksteal $(ARGS) @tests/quick.txt

# tests that draw their cases at random are left out: what they reach differs from run to run
comma := ,
space := $(subst ,, )
CORE = $(shell $(BIN)/python tests/support/layers.py)
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
	$(BIN)/mkdocs build --quiet --strict

docs: $(VENV)/.installed-lint
	$(BIN)/mkdocs build --strict

# one target for longer: make fuzz TARGETS=package ARGS=-max_total_time=3600
TARGETS ?= numerals levels tables package rescore

fuzz: $(VENV)/.installed-fuzz
	for target in $(TARGETS); do $(BIN)/python -m fuzz.$$target -max_total_time=60 $(ARGS) || exit 1; done

# some alone: make mutation ARGS='xlportfolio.portfolio.*'
mutation: $(VENV)/.installed-mutation
	rm -rf mutants
	nice $(BIN)/mutmut run --max-children 1 $(ARGS)
	$(BIN)/mutmut results

pictures: $(VENV)/.installed-test
	$(BIN)/python docs/pictures.py

reference: $(VENV)/.installed-test
	$(BIN)/python docs/reference.py

bench: $(VENV)/.installed-test
	$(BIN)/python bench/formulas.py
	$(BIN)/python bench/robustness.py
	$(BIN)/python bench/orders.py
	$(BIN)/python bench/share.py
	$(BIN)/python bench/page.py
	$(BIN)/python bench/bench.py $(ARGS)

# the whole suite with them: make versions ARGS="tests xlportfolio"
versions: $(VENV)/.installed-release
	PATH="$(abspath $(BIN)):$$PATH" $(BIN)/nox --session tests -- $(ARGS)

lock: $(VENV)/.installed-release
	$(BIN)/uv pip compile pyproject.toml --extra fast --extra forecast --extra orders --universal \
	  --python-version 3.11 --generate-hashes --no-emit-index-url --upgrade --quiet \
	  --custom-compile-command "make lock" --output-file requirements.lock

dist: $(VENV)/.installed-release
	rm -rf dist
	$(BIN)/python -m build
	$(BIN)/twine check --strict dist/*

sbom: dist
	PATH="$(abspath $(BIN)):$$PATH" $(BIN)/nox --session sbom

# a part of the suite: make release ARGS=@tests/quick.txt
release: dist
	PATH="$(abspath $(BIN)):$$PATH" $(BIN)/nox --session wheel -- $(ARGS)
	PATH="$(abspath $(BIN)):$$PATH" $(BIN)/nox --session sbom

clean:
	rm -rf $(VENV) .nox build dist mutants

# what pip says of itself is of no use here
export PIP_DISABLE_PIP_VERSION_CHECK := 1
SET_UP = @echo "Fetching what is needed for this into $(VENV): a few minutes, once ..." && $(BIN)/python -m pip install --quiet --editable

$(VENV)/.created:
	@$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/.installed: $(VENV)/.created pyproject.toml
	$(SET_UP) .
	@touch $@

$(VENV)/.installed-test: $(VENV)/.created pyproject.toml
	$(SET_UP) ".[test]"
	@touch $@

$(VENV)/.installed-fuzz: $(VENV)/.created pyproject.toml
	$(SET_UP) ".[fuzz,test]"
	@touch $@

$(VENV)/.installed-release: $(VENV)/.created pyproject.toml
	$(SET_UP) ".[release]"
	@touch $@

$(VENV)/.installed-mutation: $(VENV)/.created pyproject.toml
	$(SET_UP) ".[mutation,test]"
	@touch $@

$(VENV)/.installed-lint: $(VENV)/.created pyproject.toml
	$(SET_UP) ".[lint,test]"
	@touch $@
