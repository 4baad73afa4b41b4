# `make help` lists the verbs.
UV := .venv/bin/uv
COMPILE := $(UV) pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-header --no-annotate --python-version 3.11 --no-emit-package mentor-common
SERVICES := api transcoder transcriber notifier

.PHONY: lock
lock: ## Write the hashed lock files anew from the members' pyproject.toml (needs `make setup`)
	$(COMPILE) --group dev libs/common/pyproject.toml $(SERVICES:%=services/%/pyproject.toml) local/pyproject.toml -o requirements-dev.lock
	for s in $(SERVICES); do $(COMPILE) -c requirements-dev.lock services/$$s/pyproject.toml -o services/$$s/requirements.lock || exit 1; done
	$(COMPILE) -c requirements-dev.lock local/pyproject.toml -o local/requirements.lock
	$(COMPILE) local/emulator/requirements.in -o local/emulator/requirements.lock
