// Objects: held and let go, pinned, changed under a guard, all or nothing, and mended.
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <optional>
#include <stdexcept>

#include "scenario_parts.hpp"

namespace ipcarc::kill {

void holds(std::vector<Scenario>& all) {
  all.push_back(scenario("get: first hold", {}, {}, [](const Options& options) {
    Registry registry = attach(options);
    mark_begin();
    const auto arc = registry.get<Nested>(base_nested.name);
    mark_end();
  }));
  all.push_back(scenario("release: pinned stays", {}, {}, [](const Options& options) {
    Registry registry = attach(options);
    std::optional<IpcArc<Nested>> arc = registry.get<Nested>(base_nested.name);
    mark_begin();
    arc.reset();
    mark_end();
  }));
  all.push_back(
      scenario("release: last hold", {}, {{"it", Kind::nested, 5}}, [](const Options& options) {
        Registry registry = attach(options);
        std::optional<IpcArc<Nested>> arc = registry.create<Nested>("it", nested(5));
        mark_begin();
        arc.reset();
        mark_end();
      }));
  all.push_back(scenario("release: last hold of a removed one", {}, {{"it", Kind::nested, 5}},
                         [](const Options& options) {
                           Registry registry = attach(options);
                           std::optional<IpcArc<Nested>> arc =
                               registry.create<Nested>("it", nested(5));
                           registry.remove("it");
                           mark_begin();
                           arc.reset();
                           mark_end();
                         }));
  all.push_back(scenario("pin", {}, {{"it", Kind::nested, 5}}, [](const Options& options) {
    Registry registry = attach(options);
    const auto arc = registry.create<Nested>("it", nested(5));
    mark_begin();
    arc.pin();
    mark_end();
  }));
  all.push_back(scenario("unpin", {{"it", Kind::nested, 5}}, {{"it", Kind::nested, 5}},
                         [](const Options& options) {
                           Registry registry = attach(options);
                           std::optional<IpcArc<Nested>> arc = registry.get<Nested>("it");
                           mark_begin();
                           arc->unpin();
                           arc.reset();
                           mark_end();
                         }));
  all.push_back(scenario("weak: lock", {}, {}, [](const Options& options) {
    Registry registry = attach(options);
    const IpcWeak<Nested> weak = registry.get<Nested>(base_nested.name);
    mark_begin();
    const auto arc = weak.lock();
    mark_end();
  }));
}

void encodings(std::vector<Scenario>& all) {
  const Item it{"it", Kind::carried, 5};
  all.push_back(scenario("encoded: create", {}, {it}, [](const Options& options) {
    Registry registry = attach(options);
    const Carried value = carried(5);
    mark_begin();
    const auto arc = registry.create<Carried>("it", value);
    arc.pin();
    mark_end();
  }));
  all.push_back(scenario("encoded: guard commits", {it}, {it}, [](const Options& options) {
    Registry registry = attach(options);
    const auto arc = registry.get<Carried>("it");
    mark_begin();
    {
      auto guard = arc.acquire();
      *guard = carried(6);
    }
    mark_end();
  }));
  all.back().keep = keep_too<Carried>("it");
  all.push_back(scenario("encoded: store", {it}, {it}, [](const Options& options) {
    Registry registry = attach(options);
    const auto arc = registry.get<Carried>("it");
    const Carried value = carried(6);
    mark_begin();
    arc.store(value);
    mark_end();
  }));
  all.back().keep = keep_too<Carried>("it");
  all.push_back(scenario("encoded: read", {it}, {it}, [](const Options& options) {
    Registry registry = attach(options);
    const auto arc = registry.get<Carried>("it");
    mark_begin();
    if (!whole(*arc.read())) {
      throw std::logic_error("not whole");
    }
    mark_end();
  }));
}

void contents(std::vector<Scenario>& all) {
  const Item it{"it", Kind::plain, 5};
  const Item nest{"it", Kind::nested, 5};
  all.push_back(scenario("guard: change", {it}, {it}, [](const Options& options) {
    Registry registry = attach(options);
    const auto arc = registry.get<Plain>("it");
    mark_begin();
    {
      set_stage(Stage::entering);
      auto guard = arc.acquire();
      set_stage(Stage::inside);
      *guard = plain(6);
      set_stage(Stage::leaving);
    }
    set_stage(Stage::outside);
    mark_end();
  }));
  all.back().keep = keep_too<Plain>("it");
  all.back().guarded = "it";
  all.push_back(scenario("guard: read", {it}, {it}, [](const Options& options) {
    Registry registry = attach(options);
    const auto arc = registry.get<Plain>("it");
    mark_begin();
    {
      const auto guard = arc.read();
      if (!whole(*guard)) {
        throw std::logic_error("not whole");
      }
    }
    mark_end();
  }));
  all.push_back(scenario("guard: push_back that grows", {nest}, {nest}, [](const Options& options) {
    Registry registry = attach(options);
    const auto arc = registry.get<Nested>("it");
    mark_begin();
    {
      set_stage(Stage::entering);
      auto guard = arc.acquire();
      set_stage(Stage::inside);
      fill(*guard, 6);
      for (int i = 0; i < 9; ++i) {
        guard->lines.push_back("a line that is long enough to need memory of its own");
      }
      fill(*guard, 7);
      set_stage(Stage::leaving);
    }
    set_stage(Stage::outside);
    mark_end();
  }));
  all.back().guarded = "it";
  all.back().stride = 4;
  all.push_back(scenario("store", {it}, {it}, [](const Options& options) {
    Registry registry = attach(options);
    const auto arc = registry.get<Plain>("it");
    mark_begin();
    arc.store(plain(6));
    mark_end();
  }));
  all.back().keep = keep_too<Plain>("it");
  all.push_back(scenario("update: two slots", {it}, {it}, [](const Options& options) {
    Registry registry = attach(options);
    const auto arc = registry.get<Plain>("it");
    mark_begin();
    arc.update([](Plain& value) { value = plain(6); });
    mark_end();
  }));
  all.push_back(scenario("update: arena", {nest}, {nest}, [](const Options& options) {
    Registry registry = attach(options);
    const auto arc = registry.get<Nested>("it");
    mark_begin();
    arc.update([](Nested& value) { fill(value, 6); });
    mark_end();
  }));
  all.back().keep = keep_too<Nested>("it");
  all.back().stride = 2;

  const auto poisoned = [](const Item& item) {
    return [item](const Options& options) {
      with({item})(options);
      const pid_t child = ::fork();
      if (child == 0) {
        Registry registry = attach(options);
        const auto arc = registry.get<Nested>("it");
        auto guard = arc.acquire();
        fill(*guard, 9);
        ::kill(::getpid(), SIGKILL);
      }
      ::waitpid(child, nullptr, 0);
    };
  };
  all.push_back(scenario("recover", {nest}, {nest}, [](const Options& options) {
    Registry registry = attach(options);
    const auto arc = registry.get<Nested>("it");
    mark_begin();
    arc.recover([](Nested& value) { fill(value, 5); });
    mark_end();
  }));
  all.back().prepare = poisoned(nest);
  all.back().stride = 4;
  all.push_back(scenario("reset", {nest}, {nest}, [](const Options& options) {
    Registry registry = attach(options);
    const auto arc = registry.get<Nested>("it");
    mark_begin();
    arc.reset(nested(5));
    mark_end();
  }));
  all.back().prepare = poisoned(nest);
  all.back().stride = 2;
}

}  // namespace ipcarc::kill
