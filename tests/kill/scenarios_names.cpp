// Names: bound, found, replaced, unbound.
#include <optional>
#include <stdexcept>

#include "scenario_parts.hpp"

namespace ipcarc::kill {

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
  all.push_back(scenario("get_or_create", {}, {{"it", Kind::plain, 5}}, [](const Options& options) {
    Registry registry = attach(options);
    mark_begin();
    const auto arc = registry.get_or_create<Plain>("it", plain(5));
    mark_end();
  }));
  {
    std::vector<Item> crowd;
    for (int i = 0; i < 29; ++i) {
      crowd.push_back({"crowd." + std::to_string(i), Kind::number, 1});
    }
    all.push_back(scenario("create: every entry taken", crowd, {}, [](const Options& options) {
      Registry registry = attach(options);
      mark_begin();
      try {
        registry.create<int>("one too many", 1);
      } catch (const Error&) {
      }
      mark_end();
    }));
    all.back().crowded = true;
    all.back().reap = false;
  }
  all.push_back(scenario("reap: nothing to do", {}, {}, [](const Options& options) {
    Registry registry = attach(options);
    const auto arc = registry.create<Plain>("mine", plain(1));
    mark_begin();
    registry.reap();
    mark_end();
  }));
}

}  // namespace ipcarc::kill
