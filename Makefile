# The commands of daily work. Each is a verb of the launcher, which needs nothing but Python and the package index.

PORT ?= 8000
HOST ?= 127.0.0.1
VAR ?= var
ARGS ?=
SCOPE ?= read
# UTF-8 whatever the locale of the machine.
LAUNCH = @PYTHONUTF8=1 exec python3 -m launcher

.DEFAULT_GOAL := help
.PHONY: help up down status test lint fmt lock shell seed token messages screenshots bench docs

help:  ## this list
	@sed -n 's/^\([a-z]*\):.*  ## /  make \1\t/p' Makefile | expand -t 20

up:  ## run the portal (PORT=8000 HOST=127.0.0.1 VAR=var, DEMO=0 for no demo data)
	$(LAUNCH) up --var "$(VAR)" --host "$(HOST)" --port "$(PORT)"

down:  ## stop the portal of VAR
	$(LAUNCH) down --var "$(VAR)"

status:  ## what runs in VAR
	$(LAUNCH) status --var "$(VAR)"

test:  ## the whole test suite (ARGS="tests/agreements -k sign")
	$(LAUNCH) test $(ARGS)

lint:  ## form, types, imports, templates, migrations
	$(LAUNCH) lint

fmt:  ## bring code into its form
	$(LAUNCH) fmt

lock:  ## resolve requirements.lock and requirements-dev.lock anew
	$(LAUNCH) lock

shell:  ## a Python shell on the data of VAR
	$(LAUNCH) run --var "$(VAR)" -- python manage.py shell

seed:  ## demo data into the database of VAR (ARGS="--scale medium --seed 1")
	$(LAUNCH) run --var "$(VAR)" -- python manage.py seed_demo $(ARGS)

token:  ## an API token (EMAIL= ORGANIZATION=code ROLE= SCOPE=read)
	$(LAUNCH) run --var "$(VAR)" -- python manage.py create_api_token "$(EMAIL)" --organization "$(ORGANIZATION)" --role "$(ROLE)" --scope "$(SCOPE)"

messages:  ## bring the translations in step and compile them
	@PYTHONUTF8=1 python3 -m launcher run --dev --var "$(VAR)" -- python manage.py update_messages
	$(LAUNCH) messages

screenshots:  ## the pictures of the README, from small demo data
	$(LAUNCH) stack --seed small -- python -m tests.screenshots $(ARGS)

bench: export API_RATE = 10000000/min
bench:  ## the benchmarks, beside a running stack of its own in var/bench
	$(LAUNCH) stack --var var/bench --seed large -- python -m benchmarks $(ARGS)

docs:  ## the drawings in docs/ from the code
	$(LAUNCH) run --dev --var "$(VAR)" -- python manage.py draw_docs
