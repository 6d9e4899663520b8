// The scenarios, in the order of DESIGN section 11's operations: coming and going, names, holds, contents, memory, processes.
#include "scenario.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <optional>
#include <stdexcept>

namespace ipcarc::kill {
namespace {

using namespace std::chrono_literals;

const Item base_plain{"base.plain", Kind::plain, 11};
const Item base_nested{"base.nested", Kind::nested, 12};
const Item base_frozen{"base.frozen", Kind::frozen_nested, 13};

/// A registry with some pinned objects, which every operation has to leave alone.
std::function<void(const Options&)> with(std::vector<Item> more) {
  return [more = std::move(more)](const Options& options) {
    Registry registry = Registry::open(registry_name, options);
    for (const Item& item : {base_plain, base_nested, base_frozen}) {
      make(registry, item);
    }
    for (const Item& item : more) {
      make(registry, item);
    }
  };
}

std::vector<Item> items_with(std::vector<Item> more) {
  more.insert(more.begin(), {base_plain, base_nested, base_frozen});
  return more;
}

Registry attach(const Options& options) {
  return Registry::attach(registry_name, options);
}

/// Attached, and holding the base objects.
Look keep_base(Registry& registry) {
  return [a = registry.get<Plain>(base_plain.name), b = registry.get<Nested>(base_nested.name),
          c = registry.get<const Nested>(base_frozen.name)](Lines& lines) {
    lines.add("kept.plain", describe(a));
    lines.add("kept.nested", describe(b));
    lines.add("kept.frozen", describe(c));
  };
}

/// As keep_base, and holding a mutable object that is pinned or not.
template <class T>
std::function<Look(Registry&)> keep_too(const std::string& name) {
  return [name](Registry& registry) -> Look {
    return [base = keep_base(registry), arc = registry.get<T>(name)](Lines& lines) {
      base(lines);
      lines.add("kept.it", describe(arc));
    };
  };
}

/// A scenario with the base objects and a keeper of them.
Scenario scenario(std::string name, std::vector<Item> made, std::vector<Item> looked_at,
                  std::function<void(const Options&)> victim) {
  Scenario made_scenario;
  made_scenario.name = std::move(name);
  made_scenario.prepare = with(std::move(made));
  made_scenario.keep = keep_base;
  made_scenario.victim = std::move(victim);
  made_scenario.items = items_with(std::move(looked_at));
  return made_scenario;
}

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

void names(std::vector<Scenario>& all) {
  all.push_back(scenario("create: int", {}, {{"it", Kind::number, 5}}, [](const Options& options) {
    Registry registry = attach(options);
    mark_begin();
    const auto arc = registry.create<int>("it", 5);
    mark_end();
  }));
  const std::string long_name(60, 'n');
  all.push_back(scenario("create: long name", {}, {{long_name, Kind::plain, 5}},
                         [long_name](const Options& options) {
                           Registry registry = attach(options);
                           mark_begin();
                           const auto arc = registry.create<Plain>(long_name, plain(5));
                           mark_end();
                         }));
  all.push_back(scenario("create: nested containers", {}, {{"it", Kind::nested, 5}},
                         [](const Options& options) {
                           Registry registry = attach(options);
                           mark_begin();
                           const auto arc = registry.create<Nested>("it", [] { return nested(5); });
                           mark_end();
                         }));
  all.push_back(scenario("create: lost race", {{"it", Kind::plain, 5}}, {{"it", Kind::plain, 5}},
                         [](const Options& options) {
                           // As Registry::create() does when the name is bound after its first look.
                           detail::CoreView* core =
                               detail::open_core(registry_name, options, false);
                           mark_begin();
                           {
                             detail::Builder builder(*core, "it", detail::type_key<Plain>());
                             detail::construct<Plain>(builder.payload(), plain(6));
                             if (builder.link("it")) {
                               throw std::logic_error("linked over an object");
                             }
                           }
                           mark_end();
                         }));
  all.push_back(scenario("remove: nobody holds it", {{"it", Kind::nested, 5}},
                         {{"it", Kind::nested, 5}}, [](const Options& options) {
                           Registry registry = attach(options);
                           mark_begin();
                           registry.remove("it");
                           mark_end();
                         }));
  all.push_back(scenario("remove: another holds it", {{"it", Kind::nested, 5}},
                         {{"it", Kind::nested, 5}}, [](const Options& options) {
                           Registry registry = attach(options);
                           mark_begin();
                           registry.remove("it");
                           mark_end();
                         }));
  all.back().keep = keep_too<Nested>("it");
  all.push_back(
      scenario("publish: new", {}, {{"it", Kind::frozen_plain, 5}}, [](const Options& options) {
        Registry registry = attach(options);
        mark_begin();
        const auto arc = registry.publish<Plain>("it", plain(5));
        mark_end();
      }));
  all.push_back(scenario("publish: over old", {{"it", Kind::frozen_nested, 5}},
                         {{"it", Kind::frozen_nested, 6}}, [](const Options& options) {
                           Registry registry = attach(options);
                           mark_begin();
                           const auto arc = registry.publish<Nested>("it", nested(6));
                           mark_end();
                         }));
  all.push_back(all.back());
  all.back().name = "publish: over old, with a reader";
  all.back().keep = keep_too<const Nested>("it");
  all.push_back(
      scenario("get_or_compute", {}, {{"it", Kind::frozen_nested, 5}}, [](const Options& options) {
        Registry registry = attach(options);
        mark_begin();
        const auto arc = registry.get_or_compute<Nested>("it", [] { return nested(5); });
        mark_end();
      }));
  all.push_back(scenario("destroying: file of others' objects", {}, {}, [](const Options& options) {
    Registry registry = attach(options);
    const auto arc = registry.create<Plain>("mine", plain(1));
    mark_begin();
    registry.reap();
    mark_end();
  }));
  all.back().name = "reap: nothing to do";
}

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

void memory(std::vector<Scenario>& all) {
  all.push_back(
      scenario("heap: a run of pages", {}, {{"it", Kind::large, 5}}, [](const Options& options) {
        Registry registry = attach(options);
        mark_begin();
        const auto arc = registry.create<Large>("it", [] {
          Large value{};
          value.sum = 1;
          return value;
        });
        mark_end();
      }));
  all.push_back(
      scenario("heap: a run freed", {}, {{"it", Kind::large, 5}}, [](const Options& options) {
        Registry registry = attach(options);
        std::optional<IpcArc<Large>> arc = registry.create<Large>("it", [] {
          Large value{};
          fill(value, 5);
          return value;
        });
        mark_begin();
        arc.reset();
        mark_end();
      }));
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

}  // namespace

const std::vector<Scenario>& scenarios() {
  static const std::vector<Scenario> all = [] {
    std::vector<Scenario> list;
    comings_and_goings(list);
    names(list);
    holds(list);
    contents(list);
    memory(list);
    processes(list);
    return list;
  }();
  return all;
}

}  // namespace ipcarc::kill
