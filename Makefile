# kinc: Kubernetes in one rootless container. `make help` lists the targets.

CC      ?= gcc
BUILD   ?= build
PREFIX  ?= /usr/local
V       ?= 0
Q       := $(if $(filter 1,$(V)),,@)
quiet    = $(if $(filter 1,$(V)),,@printf '  %-7s %s\n' '$(1)' '$(2)';)

PACKAGES := libcap libseccomp libcjson libnl-3.0 libnl-route-3.0 yaml-0.1
CPPFLAGS += -D_GNU_SOURCE -Ilib -I$(BUILD) $(shell pkg-config --cflags $(PACKAGES) 2>/dev/null)
WARNINGS := -Wall -Wextra -Werror -Wshadow -Wmissing-prototypes -Wstrict-prototypes \
	-Wformat=2 -Wformat-nonliteral -Wswitch-enum -Wvla -Wpointer-arith -Wundef
CFLAGS   ?= -O2 -g
CFLAGS   += -std=c17 $(WARNINGS) -fstack-protector-strong -fPIE $(SANITIZE)
ifeq ($(SANITIZE),)
CPPFLAGS += -D_FORTIFY_SOURCE=2
endif
LDFLAGS  += -Wl,-z,relro,-z,now $(SANITIZE)

# A room's programs: NAME_SRC are its files, NAME_LIBS what it links.
PROGRAMS := kinc-init kinc-probe kincctl kincnet $(if $(wildcard cni/netd/main.c),kincnetd) kinc-crun kinc-launch
kincctl_SRC     := $(wildcard init/kincctl*.c)
kinc-probe_SRC  := init/kinc_probe.c
kinc-init_SRC   := $(filter-out $(kincctl_SRC) $(kinc-probe_SRC),$(wildcard init/*.c))
kincnet_SRC     := $(wildcard cni/*.c)
kincnetd_SRC    := $(wildcard cni/netd/*.c)
kinc-crun_SRC   := $(wildcard wrapper/*.c)
kinc-launch_SRC := $(wildcard host/*.c)
kinc-init_LIBS   := -lcap -lseccomp
kinc-probe_LIBS  := -lcurl -lseccomp
kincctl_LIBS     := -lcjson -lseccomp -lm
kincnet_LIBS     := -lcjson -lnl-3 -lseccomp
kincnetd_LIBS    := -lcjson -lcrypto -lcurl -lnftables -lnl-3 -lseccomp -lyaml
# Static: loading two shared libraries would be half of the time that it adds.
kinc-crun_LIBS   := -lcap
kinc-crun_PIE    := $(if $(SANITIZE),-pie,-static-pie)
# Static: the dynamic linker and libc.so would be two thirds of its memory.
kinc-init_PIE    := $(kinc-crun_PIE)
kinc-launch_LIBS := -lcjson -lyaml -lm -lnl-route-3 -lnl-3

# A filter of system calls is what these files note ("#syscalls", lib/sandbox.h).
SANDBOXES := kincctl kincnet kincnetd log_helper log_writer kinc_probe
kincctl_CALLS    := $(kincctl_SRC) lib/control.c
kincnet_CALLS    := $(kincnet_SRC) lib/control.c
kincnetd_CALLS   := $(kincnetd_SRC) lib/loop.c
log_helper_CALLS := init/log_helper.c init/log_client.c init/log_history.c init/log_writer.c \
	lib/loop.c init/story.c
log_writer_CALLS := init/log_writer.c
kinc_probe_CALLS := $(kinc-probe_SRC)
CALLS := $(SANDBOXES:%=$(BUILD)/syscalls/%.h)

# In a variable: a static pattern rule would take the % for its own.
objects   = $(patsubst %.c,$(BUILD)/obj/%.o,$(1))

LIB_OBJ  := $(patsubst %.c,$(BUILD)/obj/%.o,$(wildcard lib/*.c))
LIB      := $(BUILD)/libkinc.a
BINARIES := $(addprefix $(BUILD)/bin/,$(PROGRAMS))
STATIC   := $(BUILD)/bin/pause $(BUILD)/bin/iptables-select
BENCHES  := $(patsubst tests/bench/%.c,$(BUILD)/bench/%,$(wildcard tests/bench/bench_*.c))

# tests/unit/test_ROOM_*.c is linked with all of that room but its main.
UNIT_SRC   := $(wildcard tests/unit/test_*.c)
UNIT_TESTS := $(patsubst tests/unit/%.c,$(BUILD)/tests/%,$(UNIT_SRC))
room_lib_OBJ     :=
room_init_OBJ    := $(patsubst %.c,$(BUILD)/obj/%.o,$(filter-out init/main.c,$(kinc-init_SRC)))
room_cni_OBJ     := $(patsubst %.c,$(BUILD)/obj/%.o,$(filter-out cni/main.c,$(kincnet_SRC)))
room_netd_OBJ    := $(patsubst %.c,$(BUILD)/obj/%.o,$(filter-out cni/netd/main.c,$(kincnetd_SRC)))
room_wrapper_OBJ := $(patsubst %.c,$(BUILD)/obj/%.o,$(filter-out wrapper/main.c,$(kinc-crun_SRC)))
room_host_OBJ    := $(patsubst %.c,$(BUILD)/obj/%.o,$(filter-out host/main.c,$(kinc-launch_SRC)))
room_of           = $(word 2,$(subst _, ,$(notdir $(1))))
ALL_LIBS := -lcjson -lyaml -lcap -lseccomp -lcrypto -lcurl -lnftables -lnl-route-3 -lnl-3 -lm

# What User-Mode Linux needs on processors with AMX.
UML_XSTATE := $(BUILD)/tests/uml_xstate.so

FUZZERS := $(patsubst tests/fuzz/%.c,$(BUILD)/fuzz/%,$(wildcard tests/fuzz/fuzz_*.c))

.PHONY: all help deps image up down ground unground test test-all check e2e fuzz bench lint asan \
	install uninstall clean
.SECONDARY:
all: $(BINARIES) $(STATIC)

$(BUILD)/obj/%.o: %.c Makefile | $(CALLS)
	@mkdir -p $(@D)
	$(call quiet,CC,$<)$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

$(LIB): $(LIB_OBJ)
	$(call quiet,AR,$@)rm -f $@ && $(AR) rcs $@ $^

.SECONDEXPANSION:
$(CALLS): $(BUILD)/syscalls/%.h: lib/syscalls.sh Makefile lib/sandbox.c $$($$*_CALLS)
	@mkdir -p $(@D)
	$(call quiet,CALLS,$@)lib/syscalls.sh $* lib/sandbox.c $($*_CALLS) >$@.part && mv $@.part $@

$(BINARIES): $(BUILD)/bin/%: $$(call objects,$$($$*_SRC)) $(LIB)
	@mkdir -p $(@D)
	$(call quiet,LD,$@)$(CC) $(LDFLAGS) $(or $($*_PIE),-pie) -o $@ $(filter %.o,$^) $(LIB) $($*_LIBS)

# An image that holds nothing else, and images whatever they hold.
$(STATIC): $(BUILD)/bin/%: containerfile/%.c Makefile
	@mkdir -p $(@D)
	$(call quiet,CC,$<)$(CC) -D_GNU_SOURCE -Os -std=c17 $(WARNINGS) -static -s -o $@ $<

# Static: what starts a service should be measured, not its dynamic linker.
$(BENCHES): $(BUILD)/bench/%: tests/bench/%.c tests/bench/slots.h Makefile
	@mkdir -p $(@D)
	$(call quiet,CC,$<)$(CC) -D_GNU_SOURCE -O2 -std=c17 $(WARNINGS) -static -s -o $@ $<

$(UNIT_TESTS): $(BUILD)/tests/%: $(BUILD)/obj/tests/unit/%.o $$(room_$$(call room_of,$$*)_OBJ) $(LIB)
	@mkdir -p $(@D)
	$(call quiet,LD,$@)$(CC) $(LDFLAGS) -pie -o $@ $(filter %.o,$^) $(LIB) -lcmocka $(ALL_LIBS)

$(BUILD)/obj/tests/unit/%.o: CPPFLAGS += -I. -Icni/netd

$(UML_XSTATE): tests/uml_xstate.c Makefile
	@mkdir -p $(@D)
	$(call quiet,CC,$<)$(CC) -D_GNU_SOURCE -O2 -std=c17 $(WARNINGS) -fPIC -shared -o $@ $<

# Each of these fails once in that test.
WRAPPED := malloc calloc realloc strdup asprintf __asprintf_chk open_memstream
$(BUILD)/tests/test_init_memory: LDFLAGS += $(WRAPPED:%=-Wl,--wrap=%)

# A fuzz target includes the .c that it is for; lib is instrumented too.
FUZZ_FLAGS := -std=c17 -g -O1 -fsanitize=address,undefined -fno-sanitize-recover=all
FUZZ_LIB   := $(patsubst %.c,$(BUILD)/fuzz/obj/%.o,$(wildcard lib/*.c))
$(BUILD)/fuzz/obj/%.o: %.c Makefile | $(CALLS)
	@mkdir -p $(@D)
	$(call quiet,FUZZ,$<)clang $(CPPFLAGS) -I. $(FUZZ_FLAGS) -fsanitize=fuzzer-no-link -MMD -MP -c -o $@ $<

$(FUZZERS): $(BUILD)/fuzz/%: $(BUILD)/fuzz/obj/tests/fuzz/%.o $(FUZZ_LIB)
	$(call quiet,LD,$@)clang $(FUZZ_FLAGS) -fsanitize=fuzzer -o $@ $< $(filter-out \
		$(shell sed -n 's|^\#include "\(lib/.*\).c"|$(BUILD)/fuzz/obj/\1.o|p' tests/fuzz/$*.c),$(FUZZ_LIB)) $(ALL_LIBS)

## Everyday
help: ## what there is
	@sed -n 's/^\([a-z0-9-]*\):.*## \(.*\)/  make \1|\2/p' Makefile | column -t -s '|'

deps: ## install what building, running and testing need (Debian)
	containerfile/build/deps.sh run test

image: all ## build the node image
	containerfile/build/image.sh

CLUSTER ?= default
up: ## install, build, make the image, bring up CLUSTER=name
	containerfile/build/up.sh $(CLUSTER)

down: ## remove CLUSTER=name
	containerfile/build/up.sh --down $(CLUSTER)

# make takes USER from the environment; only one given on the command line counts.
GROUND_USER := $(if $(filter command line,$(origin USER)),$(USER))

ground: all ## as root: let USER=name run clusters on a host without systemd
	containerfile/build/ground.sh $(GROUND_USER)

unground: all ## as root: undo make ground
	containerfile/build/ground.sh --undo $(GROUND_USER)

## Proof
test: ## everything that CI runs; ends with "N passed, N failed, N skipped"
	tests/run.sh ci

test-all: ## make test, benches, User-Mode Linux, and Kubernetes of KINC_TEST_BIN_DIR
	tests/run.sh all

check: tests ## unit tests and real namespaces, no cluster
	tests/run.sh check

e2e: ## whole clusters in the simulated rootless host
	tests/run.sh e2e

asan: ## unit and namespace tests under ASan and UBSan
	$(Q)$(MAKE) BUILD=build/asan SANITIZE='-fsanitize=address,undefined -fno-sanitize-recover=all' check

fuzzers: $(FUZZERS)
FUZZ_SECONDS ?= 180
fuzz: $(FUZZERS) ## every fuzz target for FUZZ_SECONDS (180)
	tests/fuzz/run.sh $(FUZZ_SECONDS) $(FUZZERS)

bench: all $(BENCHES) ## measure against the real peers
	tests/bench/run.sh

lint: ## clang-tidy, cppcheck, shell syntax
	tests/lint.sh

tests: all $(UNIT_TESTS) $(UML_XSTATE)
calls: $(CALLS)
.PHONY: tests fuzzers calls

## Installation
BIN     := kinc-launch kincctl
LIBEXEC := kinc-init kinc-probe kincnet kincnetd kinc-crun
MAN     := $(wildcard man/*.[18])
DOC     := LICENSE README.md $(wildcard docs/*.md docs/*.json docs/*.svg)
man_dir  = $(DESTDIR)$(PREFIX)/share/man/man$(subst .,,$(suffix $(1)))

install: all ## DESTDIR= PREFIX=/usr/local: programs, man pages, documents
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/libexec/kinc $(DESTDIR)$(PREFIX)/share/doc/kinc
	install -m 0755 $(BIN:%=$(BUILD)/bin/%) $(DESTDIR)$(PREFIX)/bin
	install -m 0755 $(LIBEXEC:%=$(BUILD)/bin/%) $(DESTDIR)$(PREFIX)/libexec/kinc
	install -m 0644 $(DOC) $(DESTDIR)$(PREFIX)/share/doc/kinc
	install -D -m 0644 man/kincctl.bash $(DESTDIR)$(PREFIX)/share/bash-completion/completions/kincctl
	$(foreach page,$(MAN),install -D -m 0644 $(page) $(call man_dir,$(page))/$(notdir $(page)) &&) true

uninstall: ## remove what install put there
	rm -f $(BIN:%=$(DESTDIR)$(PREFIX)/bin/%) $(foreach page,$(MAN),$(call man_dir,$(page))/$(notdir $(page)))
	rm -f $(DESTDIR)$(PREFIX)/share/bash-completion/completions/kincctl
	rm -rf $(DESTDIR)$(PREFIX)/libexec/kinc $(DESTDIR)$(PREFIX)/share/doc/kinc

clean: ## remove build/
	rm -rf build

-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
