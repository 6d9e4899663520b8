# The two commands `make demo` and `make test` do all their set-up themselves on a Debian 12 that has git and make.
# PRESET=debug|asan|tsan|clang picks another build; JOBS=n bounds the parallel jobs; BENCH=ON tests the bench too;
# EXCLUDE=REGEX leaves out the tests of such names.
# `make bench` writes figures, table and plots to PLOTS; PLOTS= only prints. BENCH_OPTIONS are passed on: --large, --only TOPIC, --quick.
PRESET ?= release
JOBS ?= $(shell nproc)
BENCH ?= OFF
EXCLUDE ?=
PLOTS ?= docs/performance
BUILD := build/$(PRESET)

.PHONY: demo test bench format docs clean configure

demo: configure
	@cmake --build $(BUILD) -j $(JOBS) --target plugin_host plugin_host_plugin
	@$(BUILD)/samples/plugin_host/plugin_host samples/plugin_host/config.json

test: configure
	@cmake --build $(BUILD) -j $(JOBS)
	@ctest --preset $(PRESET) -j $(JOBS) $(if $(EXCLUDE),--exclude-regex '$(EXCLUDE)')

bench:
	@./cmake/bootstrap.sh build bench
	@cmake --preset $(PRESET) -DIPCARC_BUILD_BENCH=ON -DIPCARC_BUILD_TESTS=OFF -B build/bench >/dev/null
	@cmake --build build/bench -j $(JOBS) --target ipcarc_bench
	@build/bench/bench/ipcarc_bench $(if $(PLOTS),--out $(PLOTS)) $(BENCH_OPTIONS)

format:
	@./cmake/bootstrap.sh format
	@git ls-files -z '*.cpp' '*.hpp' | xargs -0 clang-format-14 -i

docs:
	@./cmake/bootstrap.sh docs
	@mkdir -p build
	@doxygen Doxyfile
	@echo "build/docs/html/index.html"

clean:
	@rm -rf build

configure:
	@./cmake/bootstrap.sh build $(if $(filter asan clang,$(PRESET)),ci)
	@mkdir -p build
	@cmake --preset $(PRESET) -DIPCARC_BUILD_BENCH=$(BENCH) >build/configure.log 2>&1 || { cat build/configure.log; exit 1; }
