# Everything is set up in .venv on first use; nothing is installed elsewhere.
#   make demo    watch a payment: sandbox, client, proxy and screen
#   make test    all tests
#   make fast    those that take long left out, and those that need Node.js: two minutes
#   make lint    ruff and mypy
#   make bench   the benchmarks, as ratios
#   make pictures   draw the pictures of the README anew, from the real screen
#   make clean   remove what the above made

VENV  := .venv
STAMP := $(VENV)/.installed
BIN   := $(VENV)/bin
CORES := $(shell getconf _NPROCESSORS_ONLN)

# Many tests start Python: none of them shall compile everything anew.
export PYTHONDONTWRITEBYTECODE =

# The first interpreter that is new enough; PYTHON=... overrules.
FIND_PYTHON = for python in "$(PYTHON)" python3.13 python3.14 python3.12 python3 "$$HOME"/.pyenv/versions/3.1[3-9]*/bin/python "$$HOME"/.pyenv/versions/3.12*/bin/python; do \
	  "$$python" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 12))' 2>/dev/null && { echo "$$python"; exit; }; \
	done

.PHONY: demo pictures test fast lint bench clean

demo: $(STAMP)
	@$(BIN)/optrace demo

# More workers than cores: tests wait for processes, sockets and timers, the slow ones half of their time.
test: $(STAMP)
	@$(BIN)/python -m pytest -n $$(($(CORES) * 2)) --dist worksteal

fast: $(STAMP)
	@$(BIN)/python -m pytest -n $$(($(CORES) * 3 / 2)) --dist worksteal -m 'not slow and not node' --hypothesis-profile fast

lint: $(STAMP)
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

bench: $(STAMP)
	@for file in tests/benchmarks/bench_*.py; do \
	  echo "== $$file"; $(BIN)/python -m tests.benchmarks.$$(basename "$$file" .py) || exit 1; \
	done

pictures: $(STAMP)
	@$(BIN)/python samples/pictures/draw.py

$(STAMP): pyproject.toml .ci/constraints.txt .ci/constraints-3.12.txt
	@python=$$($(FIND_PYTHON)); \
	if [ -z "$$python" ]; then \
	  echo "optrace needs Python 3.12 or later with venv, and found none."; \
	  echo "Install it (Debian and Ubuntu: apt install python3 python3-venv), or say where it is: make PYTHON=/path/to/python3"; \
	  exit 1; \
	fi; \
	echo "setting up $(VENV) with $$($$python --version) ..."; \
	pins=$$($$python -c 'import sys; print(".ci/constraints%s.txt" % ("-3.12" if sys.version_info < (3, 13) else ""))'); \
	$$python -m venv --clear $(VENV) && \
	$(BIN)/pip install --quiet --disable-pip-version-check -c $$pins -e '.[dev]'
	@touch $@

clean:
	@rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis tests/interop/node_modules tests/interop/exporters/node_modules
