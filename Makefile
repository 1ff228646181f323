# One command each. The virtual environment is made by whichever needs it first.

.DEFAULT_GOAL := help
.PHONY: help run test proof chaos soak test-postgresql15 lint format types bench wheel clean

BIN := .venv/bin
# Tests start many processes: each would compile every module again.
unexport PYTHONDONTWRITEBYTECODE
# Tests also wait: more of them at a time than there are processors.
PYTEST := $(BIN)/python -m pytest --durations 10 --dist worksteal \
	-n $(shell cores=$$(getconf _NPROCESSORS_ONLN); [ $$cores -lt 2 ] && echo 3 || echo 5)
# On which servers tests run (tests/support/ground.py): nothing, or cluster, pooler and workers, separated by commas.
GROUND := TEST_ON=$(ON)
TYPESCRIPT := examples/typescript
WEB := examples/web
TSC := $(TYPESCRIPT)/node_modules/typescript/bin/tsc
# Where this machine has no Node and npm, a package of .venv brings them.
NODE_PATH := PATH="$(CURDIR)/$(BIN):$$PATH"; command -v npm >/dev/null || $(BIN)/python app/development/install.py browser;
ASSETS := app/http/assets
YARDSTICKS := bench/yardsticks/node

help: ## list these commands
	@sed -n 's/^\([a-z0-9-]*\):[^#]*## \(.*\)/make \1	\2/p' Makefile | expand -t 14

run: .venv/.run $(ASSETS)/node_modules/.ready $(WEB)/dist/.ready ## everything on this machine, from nothing: servers, both apps, listener, a simulated fleet
	@exec $(BIN)/halobestie run

test: .venv/.ready $(if $(PROOF),$(TYPESCRIPT)/node_modules/.ready) $(ASSETS)/node_modules/.ready $(WEB)/dist/.ready $(YARDSTICKS)/node_modules/.ready ## every test, the proof in a smaller size; ARGS="-k heartbeat" for a part of it, ON=cluster (or pooler, or workers) for other servers, PROOF=2/3 with the second third of the proof
	@$(GROUND) $(PYTEST) $(if $(PROOF),--timeout 1500) $(ARGS)

proof: .venv/.ready $(TYPESCRIPT)/node_modules/.ready $(ASSETS)/node_modules/.ready $(WEB)/dist/.ready ## the long tests at full size: all interleavings, 100,000 operations, planted bugs, a thousand cut sockets
	@PROOF=whole $(GROUND) $(PYTEST) -m grows --timeout 1500 $(ARGS)

chaos: .venv/.ready $(if $(SAVE),.venv/.bench) ## break one thing after the other under a fleet, for four minutes; SEED=7 SECONDS=1800 RUNS=20 FAULT=leader_killed
	@exec $(BIN)/python -m tests.chaos $(if $(SEED),--seed $(SEED)) $(if $(SECONDS),--seconds $(SECONDS)) \
		$(if $(RUNS),--runs $(RUNS)) $(foreach fault,$(FAULT),--only $(fault)) $(if $(PLANTED),--planted) $(if $(BUG),--bug-named "$(BUG)") \
		$(if $(CROWD),--crowd $(CROWD)) $(if $(SAVE),--save)

soak: .venv/.ready ## twenty minutes in which nothing breaks: memory, file handles, connections, dead rows and logs stay level; SECONDS=7200
	@exec $(BIN)/python -m tests.chaos --soak --seconds $(or $(SECONDS),1200)

test-postgresql15: .venv/.ready ## the database on Debian's PostgreSQL 15, where that is installed
	@PYTEST="$(PYTEST)" tests/postgresql15.sh $(ARGS)

lint: .venv/.ready ## style of Python and SQL, which room may import which, and migrations that would lock too much
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/lint-imports --no-cache --no-logo
	@$(BIN)/sqlfluff lint --processes 0 --disable-progress-bar db
	@$(BIN)/squawk --config .squawk.toml db/migrations/*.sql

format: .venv/.ready ## put Python into the house's form
	@$(BIN)/ruff check --fix-only
	@$(BIN)/ruff format

types: .venv/.ready $(TYPESCRIPT)/node_modules/.ready ## mypy and tsc, strict
	@$(BIN)/mypy
	@for project in $(TYPESCRIPT) $(WEB) tests/clients; do $(BIN)/node $(TSC) --noEmit --project $$project || exit 1; done

bench: .venv/.bench $(YARDSTICKS)/node_modules/.ready ## every speed against its yardstick, and bench/README.md; WHAT=heartbeat for a row, SCALE=full for all sizes
	@exec $(BIN)/python -m bench $(WHAT) $(if $(ROUNDS),--rounds $(ROUNDS)) $(if $(SECONDS),--seconds $(SECONDS)) \
		$(if $(filter full,$(SCALE)),--full)

wheel: .venv/.ready $(ASSETS)/node_modules/.ready ## a wheel in dist/ that needs neither this checkout nor npm: code, db/, and what pages load
	@$(BIN)/python -m pip wheel --quiet --disable-pip-version-check --no-deps --no-build-isolation -w dist .

clean: ## remove the virtual environment and what the tools left; the data in .halobestie stay
	@rm -rf .venv .mypy_cache .pytest_cache .ruff_cache .hypothesis .coverage build *.egg-info $(TYPESCRIPT)/dist $(TYPESCRIPT)/node_modules $(WEB)/dist $(ASSETS)/node_modules $(YARDSTICKS)/node_modules
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

# What `make run` needs, and no more; the rest of the commands need what tests need, too.
.venv/.run: pyproject.toml constraints.txt
	@python=$$(for name in python3.11 python3.12 python3.13 python3.14 python3; do \
		"$$name" -c 'import sys, ensurepip, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
		&& echo "$$name" && break; done); \
	if [ -z "$$python" ]; then \
		echo 'No Python of 3.11 or newer with its venv module was found: install one (Debian: apt install python3-venv).' >&2; \
		exit 1; \
	fi; \
	echo "Making .venv with $$python; the first time this downloads packages."; \
	"$$python" -m venv --clear .venv
	@$(BIN)/python app/development/install.py dev
	@touch $@

.venv/.ready: .venv/.run
	@echo 'Adding to .venv what tests and checks need.'
	@$(BIN)/python app/development/install.py test
	@touch $@

.venv/.bench: .venv/.run
	@echo 'Adding to .venv what benchmarks need.'
	@$(BIN)/python app/development/install.py bench
	@touch $@

# What pages load in a browser.
$(ASSETS)/node_modules/.ready: $(ASSETS)/package-lock.json .venv/.run
	@$(NODE_PATH) npm --prefix $(ASSETS) --loglevel=error --ignore-scripts ci
	@touch $@

# The compiler of TypeScript.
$(TYPESCRIPT)/node_modules/.ready: $(TYPESCRIPT)/package-lock.json .venv/.run
	@$(NODE_PATH) npm --prefix $(TYPESCRIPT) --loglevel=error --ignore-scripts ci
	@touch $@

# The services that benchmarks compare ours with.
$(YARDSTICKS)/node_modules/.ready: $(YARDSTICKS)/package-lock.json .venv/.run
	@$(NODE_PATH) npm --prefix $(YARDSTICKS) --loglevel=error --ignore-scripts ci
	@touch $@

# The two phones of /demo, as a browser runs them.
$(WEB)/dist/.ready: $(TYPESCRIPT)/node_modules/.ready $(WEB)/tsconfig.json $(wildcard $(WEB)/src/*.ts $(TYPESCRIPT)/src/*.ts)
	@rm -rf $(WEB)/dist
	@$(NODE_PATH) node $(TSC) --project $(WEB)
	@touch $@
