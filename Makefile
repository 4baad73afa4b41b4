# `make` or `make help` lists the verbs. Works with GNU make 3.81 and later (macOS ships 3.81).
PYTHON ?= python3
SERVICES := api transcoder transcriber notifier
MEMBERS := libs/common $(SERVICES:%=services/%) local ops
BIN := .venv/bin
PIP_FLAGS := --disable-pip-version-check --quiet --require-hashes
UV := $(BIN)/uv
# As many as tests/tiers.py says, each with an emulator of its own; a file's tests stay on one worker.
WORKERS ?= auto
PYTEST := $(BIN)/pytest -n $(WORKERS) --dist loadscope --no-loadscope-reorder
COMPILE := $(UV) pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-header --no-annotate --python-version 3.11 --no-emit-package mentor-common

# Some containers set it. Each of a hundred processes of the tests would compile all sources anew.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: images infra-deploy diff deploy rollback verify-deploy custom-resources record-release help setup vendor try-pythons ffmpeg chromium prometheus run demo seed observe load load-api ops chaos-live audit sbom check test lint style types format lock clean bench bench-media bench-pictures bench-speech bench-telemetry bench-connections bench-pipeline bench-ready bench-costs chaos long-speech large-lists browsers planted-faults

help: ## List the verbs
	@awk 'BEGIN { FS = ":.*## " } /^[a-z-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: .venv/.installed .venv/.alignment .venv/.model .venv-emulator/.installed ffmpeg ## Install everything that is missing: Python packages, speech model, AWS emulator, ffmpeg

# The stamps are younger than the locks they were made from, so nothing is installed twice.
.venv/.installed: requirements-dev.lock $(MEMBERS:%=%/pyproject.toml)
	@$(call venv,.venv)
	@echo "installing the Python packages into .venv"
	@$(BIN)/python -m pip install $(PIP_FLAGS) -r requirements-dev.lock
	@$(BIN)/python -m pip install --disable-pip-version-check --quiet --no-deps --no-build-isolation $(MEMBERS:%=-e %)
	@touch $@

.venv/.alignment: .venv/.installed services/transcriber/alignment.lock
	@local/scripts/ensure-pocketsphinx.sh $(BIN)/python

# Without a stamp where no model can be had, so that the next set-up tries again.
.venv/.model: .venv/.installed $(wildcard services/transcriber/src/mentor_transcriber/model/*.json services/transcriber/src/mentor_transcriber/model/*.lock)
	@$(BIN)/python -m mentor_transcriber.model fetch >/dev/null && touch $@ \
		|| echo "no model of Whisper: the stack recognises with pocketsphinx until 'make setup' finds one; its transcripts are drafts" >&2

.venv-emulator/.installed: local/emulator/requirements.lock
	@$(call venv,.venv-emulator)
	@echo "installing the AWS emulator into .venv-emulator"
	@.venv-emulator/bin/python -m pip install $(PIP_FLAGS) -r local/emulator/requirements.lock
	@touch $@

.venv-deploy/.installed: k8s/tools.lock k8s/tools.sh
	@$(call venv,.venv-deploy)
	@echo "installing the tools that check manifests and templates into .venv-deploy"
	@k8s/tools.sh
	@touch $@

define venv
$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	|| { echo "Python 3.11 or later is needed, and '$(PYTHON)' is not. Name one: make PYTHON=python3.12" >&2; exit 1; }; \
$(PYTHON) -m venv $(1) \
	|| { echo "'$(PYTHON) -m venv' failed. On Debian and Ubuntu its package is missing: apt-get install python3-venv" >&2; exit 1; }
endef

# An environment of what a lock pins, and nothing else: `.venv-x/.installed: the/lock`.
define from_lock
@$(call venv,$(@D))
@$(@D)/bin/python -m pip install $(PIP_FLAGS) -r $<
@touch $@
endef

ffmpeg:
	@local/scripts/ensure-ffmpeg.sh

# Only tests need a browser.
chromium:
	@local/scripts/ensure-chromium.sh

# `make observe` and the tests of rules and dashboards need it.
prometheus:
	@local/scripts/ensure-prometheus.sh

run: setup ## Start the whole stack here; prints `ready` when it is up, Ctrl-C stops it
	@$(BIN)/python -m mentor_local run

demo: setup ## Upload a video (VIDEO=path, or the sample) and follow it to the finished answer
	@$(BIN)/python -m mentor_local demo $(if $(VIDEO),"$(VIDEO)")

seed: setup ## Fill the running stack with things to try the API on; the curl examples of docs/endpoints.md use them
	@$(BIN)/python -m mentor_local seed

observe: setup prometheus ## Measure the running stack until Ctrl-C: dashboards, alerts, traces on a page
	@$(BIN)/python -m mentor_local observe

load: setup ## 200 uploads through the running stack (UPLOADS=20); it ends by itself, with the figures
	@$(BIN)/python -m mentor_local load $(UPLOADS)

load-api: setup .venv-load/.installed ## Browsers on the api for two minutes, alone and beside each attack (CLIENTS=200 SECONDS=120 ATTACKS=one,another)
	@CLIENTS=$(CLIENTS) SECONDS=$(SECONDS) ATTACKS=$(ATTACKS) PYTHONPATH=. $(BIN)/python -m bench.load_api

.venv-load/.installed: bench/load_api/requirements.lock
	$(from_lock)

ops: setup ## The operators' tool on the local stack: make ops ARGS="dlq list"; see ops/README.md
	@$(BIN)/mentor-ops $(ARGS)

chaos-live: setup ## Kill, stop and starve the real stack under 200 uploads, 12 minutes at most (UPLOADS=20 SEED=1)
	@$(BIN)/python -m mentor_local.chaos $(if $(UPLOADS),--uploads $(UPLOADS)) $(if $(SEED),--seed $(SEED))

record-release: setup ## Record how a release speaks and acts, for its successors' tests (VERSION=v0.4.0 COMMIT=HEAD)
	@cd tests && ../$(BIN)/python -m released $(VERSION) $(or $(COMMIT),HEAD)

chaos: setup ## Play the state machine in virtual time, round after round of fresh seeds (ROUNDS=100), or one (SEED=)
	CHAOS_SEED=$(or $(SEED),fresh) CHAOS_ROUNDS=$(if $(SEED),1,$(or $(ROUNDS),100)) CHAOS_RUNS=$(or $(RUNS),200) CHAOS_STEPS=$(or $(STEPS),100) \
		$(BIN)/pytest -x tests/chaos/test_state_machine.py -k whatever

long-speech: setup ## Check the memory that twenty minutes of speech take (a minute of processor time)
	$(BIN)/pytest services/transcriber/tests/long_speech.py

large-lists: setup chromium ## Show the console with 500 uploads and 1,000 dead letters; `make test` has shorter lists
	CONSOLE_UPLOADS=500 CONSOLE_LETTERS=1000 $(BIN)/pytest tests/browser/test_console_many.py

browsers: setup chromium .venv-browsers/.installed ## Use studio and console in each browser that is here: Firefox, WebKit, Chromium; says how to install the others
	@PYTHONPATH=$$(echo .venv-browsers/lib/python*/site-packages):tests $(BIN)/python -m other_browsers

# The clients that drive them; a Playwright of its own, before that of the other tests.
.venv-browsers/.installed: tests/other_browsers/requirements.lock
	$(from_lock)

planted-faults: setup ## Take one safeguard away at a time and show which test turns red (half an hour)
	cd tests && ../$(BIN)/python -m simulation.planted

check: setup lint ## Check style, types and import rules; run all tests that are quick: no emulator, stack, ffmpeg, browser, tool of deployments, virtual hours
	$(PYTEST) -m quick

# S=notifier: its own tests, and those of every file elsewhere that names it.
OF_SERVICE = services/$(S) $(shell grep -rlwE "(mentor_)?$(S)" --include='test_*.py' libs local ops tests)
ONE_PATH = $(wildcard $(firstword $(subst ::, ,$(T))))
SELECTED = $(strip $(if $(TIER),-m $(TIER)) $(if $(S),$(OF_SERVICE)) $(if $(T),$(if $(ONE_PATH),"$(T)",-k "$(T)")))

test: setup chromium prometheus .venv-deploy/.installed $(if $(SELECTED),,style .venv-pages/.installed) ## Lint and run all tests, or just those of a service (S=notifier), a path or -k expression (T=), a tier (TIER=quick, tools, simulation, media, emulator, stack)
	$(if $(SELECTED),$(PYTEST) $(SELECTED),$(TYPES_BESIDE_TESTS))

# They keep one processor busy for a minute.
TYPES_BESIDE_TESTS = { $(CHECK_TYPES); } & types=$$!; $(PYTEST); tests=$$?; \
	wait $$types || { echo "types are wrong, see above or: make types" >&2; exit 1; }; exit $$tests

try-pythons: ## Set up from nothing without a compiler, and run the quick tests, on each Python found (PYTHONS="python3.12 /path/to/python3.14")
	@local/scripts/try-pythons.sh $(PYTHONS)

bench: bench-media bench-pictures bench-speech bench-telemetry bench-connections bench-pipeline bench-ready bench-costs ## Run all benchmarks

bench-telemetry: setup ## Measure what metrics and traces cost a message (ROUNDS=15)
	@$(BIN)/python -m bench.telemetry

bench-pipeline: setup .venv-pipeline/.installed ## Measure the pipeline itself: beside dramatiq and celery, calls, status, waiting uploads, transcoders (MESSAGES=1000 ROUNDS=3 PARTS=one,another)
	@PYTHONPATH=. $(BIN)/python -m bench.pipeline

# dramatiq and celery: no service knows them.
.venv-pipeline/.installed: bench/pipeline/requirements.lock
	$(from_lock)

bench-ready: setup ## Measure the time from POST to READY, and where it went, beside a plain script (SPEECH=folder ROUNDS=5 LENGTHS=12,60,300)
	@PYTHONPATH=. $(BIN)/python -m bench.ready $(SPEECH)

bench-costs: .venv/.installed ## Reckon what answers cost a month, here and elsewhere; docs/costs.md shows it
	@$(BIN)/python -m bench.costs

bench-pictures: setup ## Measure the memory that 200 photos of 24 megapixels take of the api (PHOTOS=20)
	@$(BIN)/python -m bench.pictures

bench-connections: setup ## Measure slow connections and open streams beside a normal client (SLOW=500 STREAMS=1000 SECONDS=15)
	@$(BIN)/python -m bench.connections

bench-media: setup chromium .venv-bench/.installed ## Measure the transcoder beside fixed commands of ffmpeg, and the quality of what it makes (ROUNDS=1)
	@PYTHONPATH=.:tests:$$(echo .venv-bench/lib/python*/site-packages) $(BIN)/python -m bench.media

bench-speech: setup .venv-bench/.installed ## Measure the recognisers on speech (SPEECH=folder, MODELS=small,..., MINUTES=20)
	@PYTHONPATH=.:$$(echo .venv-bench/lib/python*/site-packages) $(BIN)/python -m bench.speech $(SPEECH)

# Only the benchmarks need them: an ffmpeg that can compute VMAF, a normaliser of transcripts.
.venv-bench/.installed: bench/requirements.lock
	$(from_lock)

lint: style types ## Check style, types and import rules

style: .venv/.installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports

types: .venv/.installed .venv-pages/.installed
	$(CHECK_TYPES)

CHECK_TYPES = $(BIN)/mypy libs services local ops tests k8s docker infra && if [ -e .venv-pages/.installed ]; then $(TSC); fi

# The pages are served as they lie there; node only brings and starts what checks their types. Without a stamp where
# npm's packages cannot be had, so that the next one tries again.
PAGES := services/api/pages
TSC := .venv-pages/bin/node $(PAGES)/node_modules/typescript/bin/tsc --project $(PAGES)

.venv-pages/.installed: $(PAGES)/requirements.lock $(PAGES)/package-lock.json
	@$(call venv,.venv-pages)
	@echo "installing what checks the types of the pages into .venv-pages"
	@.venv-pages/bin/python -m pip install $(PIP_FLAGS) -r $(PAGES)/requirements.lock
	@.venv-pages/bin/npm ci --prefix $(PAGES) --ignore-scripts --no-audit --no-fund --loglevel error >/dev/null && touch $@ \
		|| echo "npm's packages could not be had: the types of the pages are not checked until 'make lint' finds them" >&2

vendor: .venv-pages/.installed ## Write the library that the pages carry anew, as services/api/pages/package-lock.json pins it
	@$(BIN)/python $(PAGES)/vendor.py

format: .venv/.installed ## Format the code and mend what can be mended automatically
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

images: ## Build the images (SERVICE=one of them, REGISTRY=, TAG=, BASE=image@digest)
	@docker/images.sh $(SERVICE)

infra-deploy: .venv/.installed ## Create or update a stage on AWS, or what all share (STAGE=qa, or account; PARAMETERS="Name=value ...")
	@$(BIN)/python infra/deploy.py "$(STAGE)" $(PARAMETERS) $(if $(filter yes,$(MOVED)),--moved)

diff: .venv-deploy/.installed ## Show what a deployment would change (SERVICE=, STAGE=, TAG=)
	@STAGE="$(STAGE)" SERVICE="$(SERVICE)" TAG="$(TAG)" k8s/deploy.sh diff

deploy: .venv-deploy/.installed ## Prove a service's new version, then roll it out (SERVICE=, STAGE=, TAG=); the others stay as they are
	@STAGE="$(STAGE)" SERVICE="$(SERVICE)" TAG="$(TAG)" k8s/deploy.sh apply

rollback: .venv-deploy/.installed ## Bring a service's previous deployment back (SERVICE=, STAGE=)
	@STAGE="$(STAGE)" SERVICE="$(SERVICE)" k8s/deploy.sh rollback

verify-deploy: setup prometheus .venv-deploy/.installed ## Build, start, validate and apply all that is deployed, for real (as root on Debian; 15 minutes; ONLY=judged, faults or pods)
	@PYTHONPATH=k8s:tests $(BIN)/python docker/verify.py $(ONLY)

custom-resources: .venv/.installed .venv-deploy/.installed k8s/node_modules/.installed ## Judge objects of KEDA, the Gateway API and others by their definitions' schemas (needs npm)
	@$(BIN)/pytest -q tests/contract/custom_resources.py

k8s/node_modules/.installed: k8s/package-lock.json
	@npm ci --silent --no-audit --no-fund --prefix k8s
	@touch $@

audit: .venv-audit/.installed ## Look for known vulnerabilities of all locks and images; fails also where they could not be looked up
	@PYTHONPATH=docker .venv-audit/bin/python -m supply_chain.audit

sbom: .venv-audit/.installed ## Write each image's bill of materials, CycloneDX, into .sbom (SERVICE=one of them)
	@PYTHONPATH=docker .venv-audit/bin/python -m supply_chain.sbom $(SERVICE)

.venv-audit/.installed: docker/supply_chain/tools.lock
	$(from_lock)

# The options that leave out of a lock what another one holds.
but_locked = $$(sed -n 's/^\([a-z0-9-]*\)==.*/--no-emit-package \1/p' $(1))

lock: .venv/.installed ## Write the hashed lock files anew from the members' pyproject.toml
	$(COMPILE) --group dev $(MEMBERS:%=%/pyproject.toml) -o requirements-dev.lock
	for s in $(SERVICES); do $(COMPILE) -c requirements-dev.lock services/$$s/pyproject.toml -o services/$$s/requirements.lock || exit 1; done
	$(COMPILE) -c requirements-dev.lock --extra alignment $(call but_locked,services/transcriber/requirements.lock) services/transcriber/pyproject.toml -o services/transcriber/alignment.lock
	for m in local ops; do $(COMPILE) -c requirements-dev.lock $$m/pyproject.toml -o $$m/requirements.lock || exit 1; done
	for d in local/emulator bench bench/load_api bench/pipeline tests/other_browsers; do $(COMPILE) $$d/requirements.in -o $$d/requirements.lock || exit 1; done
	for l in tools checkov go; do $(COMPILE) k8s/$$l.in -o k8s/$$l.lock || exit 1; done
	for l in docker/build docker/supply_chain/tools $(PAGES)/requirements; do $(COMPILE) $$l.in -o $$l.lock || exit 1; done

clean: ## Remove environments and caches; the stack's data in .local stays
	rm -rf .venv .venv-emulator .venv-deploy .venv-checkov .venv-bench .venv-load .venv-pipeline .venv-audit .venv-observe .venv-pages .venv-browsers .bench .sbom .verify .screenshots k8s/node_modules $(PAGES)/node_modules .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	find libs services local ops tests -name __pycache__ -type d -prune -exec rm -rf {} +
