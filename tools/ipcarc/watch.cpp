// watch: prints each change of an object. Looks at the file now and then, so it takes no slot and wakes nobody; of several changes between
// two looks it sees the last.
#include <chrono>
#include <memory>
#include <optional>
#include <thread>

#include <fmt/format.h>

#include "ipcarc/describe.hpp"
#include "ipcarc/text.hpp"

namespace ipcarc::tool {
namespace {

struct Arguments {
  std::string registry;
  std::string object;
  std::uint64_t changes = 0;  // 0: no end
  double timeout_s = 0;       // 0: no end
  double interval_s = 0.1;
};

// What one look saw: an object that stood still meanwhile.
struct Seen {
  EntryInfo entry;
  std::optional<Json> value;  // none while it is poisoned
};

bool same_object(const EntryInfo& a, const EntryInfo& b) {
  return a.entry == b.entry && a.generation == b.generation;
}

class Watch {
 public:
  Watch(const Session& session, const Arguments& arguments)
      : session_(session), arguments_(arguments) {}

  int run() {
    using Clock = std::chrono::steady_clock;
    const auto begin = Clock::now();
    const auto timeout = nanoseconds_of(arguments_.timeout_s);
    const auto interval = std::max<std::chrono::nanoseconds>(nanoseconds_of(arguments_.interval_s),
                                                             std::chrono::milliseconds(1));
    for (;;) {
      try {
        look();
      } catch (const Error& error) {
        if (error.code() != Errc::not_found || !before_) {
          throw;
        }
        report("gone", nullptr);
        return exit_negative;
      }
      if (arguments_.changes != 0 && changes_ >= arguments_.changes) {
        return exit_ok;
      }
      if (arguments_.timeout_s > 0 && Clock::now() - begin >= timeout) {
        return arguments_.changes != 0 ? exit_timed_out : exit_ok;
      }
      std::this_thread::sleep_for(interval);
    }
  }

 private:
  EntryInfo entry() const {
    return Registry::inspect_entry(arguments_.registry, arguments_.object, session_.options);
  }

  bool is_new(const EntryInfo& now) const {
    return !before_ || !same_object(now, before_->entry) || now.version != before_->entry.version ||
           now.poisoned != before_->entry.poisoned || now.lock_free;
  }

  /// Empty if somebody is changing it: the next look sees what became of it.
  std::optional<Seen> see() const {
    const EntryInfo now = entry();
    if (!is_new(now)) {
      return std::nullopt;
    }
    Seen seen{now, std::nullopt};
    if (!now.poisoned) {
      JsonOptions options;
      options.timeout = std::chrono::milliseconds(50);
      try {
        seen.value = Json::parse(Registry::inspect_json(arguments_.registry, arguments_.object,
                                                        session_.options, options));
      } catch (const Error& error) {
        if (error.code() != Errc::timed_out && error.code() != Errc::poisoned) {
          throw;
        }
        return std::nullopt;
      }
    }
    const EntryInfo after = entry();
    const bool still = same_object(after, now) && after.version == now.version;
    return still ? std::optional(std::move(seen)) : std::nullopt;
  }

  void look() {
    std::optional<Seen> seen = see();
    if (!seen) {
      return;
    }
    const std::optional<Seen> before = std::move(before_);
    before_ = std::move(seen);
    if (!before) {
      report("value", nullptr);
      return;
    }
    const bool same = same_object(before_->entry, before->entry);
    if (same && before_->entry.lock_free && before_->value == before->value) {
      return;
    }
    ++changes_;
    report(before_->entry.poisoned ? "poisoned"
           : same                  ? "change"
                                   : "replaced",
           before->value ? &*before->value : nullptr);
  }

  void report(std::string_view event, const Json* old) const {
    const bool gone = event == "gone";
    const std::uint64_t now = now_ns();
    if (session_.json) {
      Json json = {{"time_ns", now}, {"event", event}, {"version", before_->entry.version}};
      if (before_->value && !gone) {
        json["value"] = *before_->value;
      }
      fmt::print("{}\n", json.dump(-1, ' ', false, Json::error_handler_t::replace));
    } else {
      fmt::print("{} {} version {}", coloured(session_.colour, Colour::dim, time_text(now)),
                 coloured(session_.colour, event == "poisoned" ? Colour::red : Colour::bold, event),
                 before_->entry.version);
      if (before_->value && !gone) {
        print_value(old);
      } else {
        fmt::print("\n");
      }
    }
    std::fflush(stdout);
  }

  // The whole value at first, then the parts that changed.
  void print_value(const Json* old) const {
    const Json& value = *before_->value;
    if (old == nullptr || !old->is_object() || !value.is_object()) {
      fmt::print(" {}\n", text_of(value));
      return;
    }
    fmt::print("\n");
    for (const Json& step : Json::diff(*old, value)) {
      const auto path = step["path"].get<std::string>();
      const auto operation = step["op"].get<std::string>();
      const Json::json_pointer at(path);
      const std::string was = operation != "add" && old->contains(at) ? text_of((*old)[at]) : "";
      const std::string is = operation == "remove" ? "removed" : text_of(step["value"]);
      fmt::print("  {}: {}{}{}\n", printable(path), was,
                 operation == "add"      ? "new: "
                 : operation == "remove" ? " "
                                         : " -> ",
                 is);
    }
  }

  static std::string text_of(const Json& value) {
    return printable(value.dump(-1, ' ', false, Json::error_handler_t::replace));
  }

  const Session& session_;
  const Arguments& arguments_;
  std::optional<Seen> before_;
  std::uint64_t changes_ = 0;
};

}  // namespace

void add_watch(CommandLine& line) {
  const auto arguments = std::make_shared<Arguments>();
  CLI::App* const command =
      line.add("watch", "Prints an object's value, and then each change of it",
               [arguments](const Session& session) { return Watch(session, *arguments).run(); });
  command->add_option("REGISTRY", arguments->registry, "Where the object is")->required();
  command->add_option("OBJECT", arguments->object, "Which")->required();
  command->add_option("-n,--changes", arguments->changes, "Ends after so many changes");
  command->add_option("--timeout", arguments->timeout_s,
                      "Ends after so many seconds: with -n that is exit code 5");
  command->add_option("--interval", arguments->interval_s, "Seconds between two looks (0.1)");
  command->footer("With --json each event is one document on a line of its own.");
}

}  // namespace ipcarc::tool
