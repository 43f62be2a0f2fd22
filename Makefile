# deltashare_fdw - Delta Sharing in plain SQL
#
#   make && make install     build against the pg_config in PATH
#   make demo                from an empty machine to a result on the screen
#   make test                everything that CI runs
#   make bench               measurements, never part of the tests

EXTENSION = deltashare_fdw
EXTVERSION = $(shell sed -n "s/^default_version = '\(.*\)'/\1/p" deltashare_fdw.control)
MODULE_big = deltashare_fdw

OBJS = deltashare_fdw.o \
	$(patsubst %.c,%.o,$(sort $(wildcard src/*.c src/*/*.c src/*/*/*.c)))

SQL_PARTS = $(sort $(wildcard src/sql/*.sql))
DATA_built = $(EXTENSION)--$(EXTVERSION).sql
EXTRA_CLEAN = $(EXTENSION)--*.sql results regression.diffs regression.out

PG_CONFIG ?= pg_config
PKG_CONFIG ?= pkg-config
LIBRARIES = libcurl libcjson inih yaml-0.1

PG_CPPFLAGS = -DDELTASHARE_VERSION=\"$(EXTVERSION)\" -I$(srcdir)/src $(shell $(PKG_CONFIG) --cflags $(LIBRARIES))
PG_CFLAGS = -MMD -MP -std=gnu99 -Wall -Wextra -Wshadow=local -Werror \
	-Wno-unused-parameter -Wno-sign-compare -Wno-missing-field-initializers \
	-Wno-declaration-after-statement -Wno-cast-function-type \
	-fvisibility=hidden -fstack-protector-strong -D_FORTIFY_SOURCE=2
SHLIB_LINK = $(shell $(PKG_CONFIG) --libs $(LIBRARIES)) -Wl,-z,relro,-z,now -Wl,--as-needed

# Regression themes, in sql/ and expected/.  Those of both backends have one
# expected output.  "make installcheck" runs the local ones on a running server;
# "make test" starts what it needs and runs all.
THEMES_BOTH = setup options import shares share_objects recipients tokens grants \
	dml scans functions primitives tenants tenant_care rotation config transactions deferral bad_input odd_rows views \
	object_columns tenant_views masked_views sensitive_columns documentation
THEMES_LOCAL = privileges search_path local_audit local_columns local_views usage
THEMES_DATABRICKS = requests pushdown pending sensitive_requests view_statements \
	$(patsubst sql/%.sql,%,$(wildcard sql/batched_join.sql))
REGRESS = $(THEMES_BOTH) $(THEMES_LOCAL) comments
# the database is the catalog of three-part names
override CONTRIB_TESTDB = main

# These install what is missing first, so there may be no pg_config yet.
ifneq (,$(filter-out test demo demo-stop bench check-versions,$(or $(MAKECMDGOALS),all)))

PGXS := $(shell $(PG_CONFIG) --pgxs)
include $(PGXS)

ifeq (,$(filter 13 14 15 16 17 18,$(MAJORVERSION)))
$(error deltashare_fdw needs PostgreSQL 13 to 18, $(PG_CONFIG) is $(VERSION))
endif

endif

# bitcode is compiled without PG_CFLAGS, so the dependencies above are of objects
-include $(OBJS:.o=.d)
$(OBJS:.o=.bc): %.bc: %.o
EXTRA_CLEAN += $(OBJS:.o=.d)

$(EXTENSION)--$(EXTVERSION).sql: $(SQL_PARTS)
	cat $^ > $@

.PHONY: test demo demo-stop bench check-versions list-themes-local list-themes-databricks
test:
	test/run
demo:
	test/demo/run
demo-stop:
	test/demo/run stop
bench:
	test/bench/run

list-themes-local:
	@echo $(REGRESS)
list-themes-databricks:
	@echo $(THEMES_BOTH) $(THEMES_DATABRICKS) comments

# other majors, each in a Debian suite of its own; needs root and debootstrap
check-versions:
	test/versions/check bullseye
	test/versions/check trixie
	test/versions/check sid
