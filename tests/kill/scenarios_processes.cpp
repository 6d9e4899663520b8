// Processes: coming and leaving, forking, waiting and waking.
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <optional>
#include <stdexcept>

#include "scenario_parts.hpp"

namespace ipcarc::kill {

using namespace std::chrono_literals;

void comings_and_goings(std::vector<Scenario>& all) {
  {
    Scenario s;
    s.name = "open: create";
    s.victim = [](const Options& options) {
      mark_begin();
      const Registry registry = Registry::open(registry_name, options);
      mark_end();
    };
    all.push_back(s);
  }
  all.push_back(scenario("open: join", {}, {}, [](const Options& options) {
    mark_begin();
    const Registry registry = Registry::open(registry_name, options);
    mark_end();
  }));
  {
    Scenario s;
    s.name = "leave: last, file removed";
    s.victim = [](const Options& options) {
      std::optional<Registry> registry = Registry::open(registry_name, options);
      std::optional<IpcArc<Nested>> arc = registry->create<Nested>("it", nested(1));
      mark_begin();
      arc.reset();
      registry.reset();
      mark_end();
    };
    s.items = {{"it", Kind::nested}};
    all.push_back(s);
  }
  all.push_back(scenario("leave: others stay", {}, {}, [](const Options& options) {
    std::optional<Registry> registry = attach(options);
    std::optional<IpcArc<Plain>> arc = registry->get<Plain>(base_plain.name);
    mark_begin();
    arc.reset();
    registry.reset();
    mark_end();
  }));
  all.push_back(scenario("destroy", {}, {}, [](const Options& options) {
    mark_begin();
    Registry::destroy(registry_name, options);
    mark_end();
  }));
  all.back().destroys = true;
  all.back().reap = false;
}

void processes(std::vector<Scenario>& all) {
  // What the other side of a fork does when the one side is dead: its own work, as any survivor.
  const auto work = [](Registry& registry, const IpcArc<Plain>& held) {
    ::alarm(5);
    const bool good = describe(held).starts_with("sum") &&
                      describe(registry.get<Nested>(base_nested.name)).starts_with("sum");
    held.store(plain(11));
    registry.create<int>("of the other side", 1);
    return good && registry.check().ok();
  };
  all.push_back(scenario("fork: parent killed", {}, {}, [work](const Options& options) {
    Registry registry = attach(options);
    std::optional<IpcArc<Plain>> arc = registry.get<Plain>(base_plain.name);
    int ends[2];
    if (::pipe(ends) != 0) {
      throw std::runtime_error("pipe");
    }
    mark_begin();
    const pid_t child = ::fork();
    if (child == 0) {
      ::close(ends[1]);
      char byte = 0;
      static_cast<void>(::read(ends[0], &byte, 1));  // until the parent is dead
      const bool good = work(registry, *arc);
      arc.reset();
      { const Registry last = std::move(registry); }
      ::_exit(good ? 0 : 1);
    }
    mark_end();
  }));
  all.back().reap = false;
  all.push_back(scenario("fork: child killed", {}, {}, [work](const Options& options) {
    Registry registry = attach(options);
    std::optional<IpcArc<Plain>> arc = registry.get<Plain>(base_plain.name);
    mark_begin();
    const pid_t child = ::fork();
    if (child != 0) {
      ::waitpid(child, nullptr, 0);
      const bool good = work(registry, *arc);
      ::_exit(good ? 0 : 1);
    }
    mark_end();
  }));
  all.back().follow = Follow::child;
  all.back().reap = false;
  all.push_back(scenario("wait: for a name", {}, {}, [](const Options& options) {
    Registry registry = attach(options);
    mark_begin();
    try {
      registry.wait<Plain>("never", 1ms);
    } catch (const Error&) {
    }
    mark_end();
  }));
  all.push_back(scenario("wait: for a change", {}, {}, [](const Options& options) {
    Registry registry = attach(options);
    const auto arc = registry.get<Plain>(base_plain.name);
    const std::uint64_t version = arc.version();
    mark_begin();
    arc.wait_changed(version, 1ms);
    mark_end();
  }));
  all.back().stride = 8;
}

/// The victim is what a keeper waits for.
void waits(std::vector<Scenario>& all) {
  const Item it{"it", Kind::plain, 5};
  const Item frozen{"it", Kind::frozen_plain, 5};
  const auto add = [&](Scenario s) {
    s.keeper_waits = true;
    s.reap = false;
    all.push_back(std::move(s));
  };
  {
    Scenario s = scenario("wake: of a name", {}, {}, [](const Options& options) {
      Registry registry = attach(options);
      mark_begin();
      const auto arc = registry.publish<Plain>("it", plain(5));
      mark_end();
    });
    s.items.push_back(frozen);
    s.keep = [](Registry& registry) -> Look {
      return [&registry](Lines& lines) {
        lines.add("kept.woken", describe(registry.wait<const Plain>("it", 4s)));
      };
    };
    s.finish = [frozen](Registry& registry) { make(registry, frozen); };
    add(std::move(s));
  }
  {
    Scenario s = scenario("wake: of a change", {it}, {it}, [](const Options& options) {
      Registry registry = attach(options);
      const auto arc = registry.get<Plain>("it");
      mark_begin();
      arc.store(plain(6));
      mark_end();
    });
    s.keep = [](Registry& registry) -> Look {
      return [arc = registry.get<Plain>("it")](Lines& lines) {
        lines.add("kept.woken", arc.wait_changed(0, 4s) ? 1 : 0);
      };
    };
    s.finish = [](Registry& registry) { registry.get<Plain>("it").store(plain(6)); };
    add(std::move(s));
  }
  {
    Scenario s =
        scenario("wake: of a newer version", {frozen}, {frozen}, [](const Options& options) {
          Registry registry = attach(options);
          mark_begin();
          const auto arc = registry.publish<Plain>("it", plain(6));
          mark_end();
        });
    s.keep = [](Registry& registry) -> Look {
      return [arc = registry.get<const Plain>("it")](Lines& lines) {
        lines.add("kept.woken", arc.wait_changed(arc.version(), 4s) ? 1 : 0);
        lines.add("kept.old", describe(arc));
      };
    };
    s.finish = [frozen](Registry& registry) { make(registry, frozen); };
    add(std::move(s));
  }
  {
    Scenario s = scenario("wake: of a guard", {it}, {it}, [](const Options& options) {
      Registry registry = attach(options);
      const auto arc = registry.get<Plain>("it");
      {
        auto guard = arc.acquire();
        set_stage(Stage::inside);
        mark_begin();
        *guard = plain(6);
        set_stage(Stage::leaving);
      }
      set_stage(Stage::outside);
      mark_end();
    });
    s.guarded = "it";
    s.keep = [](Registry& registry) -> Look {
      return
          [arc = registry.get<Plain>("it")](Lines& lines) { lines.add("kept.it", describe(arc)); };
    };
    s.victim_first = true;
    add(std::move(s));
  }
  {
    Scenario s = scenario("wake: of a computed value", {}, {frozen}, [](const Options& options) {
      Registry registry = attach(options);
      const auto arc = registry.get_or_compute<Plain>("it", [] {
        mark_begin();
        return plain(5);
      });
      mark_end();
    });
    s.keep = [](Registry& registry) -> Look {
      return [&registry](Lines& lines) {
        lines.add("kept.computed",
                  describe(registry.get_or_compute<Plain>("it", [] { return plain(5); })));
      };
    };
    s.victim_first = true;
    add(std::move(s));
  }
}

}  // namespace ipcarc::kill
