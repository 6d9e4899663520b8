// An actor of the storm and the soak: does everything at random, for ever, and ends its process with a failure if it meets a
// value that is not whole.
//
// The contents carry their own checks: a pair's `b` is the complement of its `a`, a text's length and bytes are given by its number.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <iostream>
#include <random>
#include <string>

#include "registry/example.hpp"

namespace ipcarc::test {

struct Text {
  std::uint64_t number = 0;
  ipcarc::string text;
  ipcarc::map<int, ipcarc::vector<ipcarc::string>> more;
};

inline std::string text_of(std::uint64_t number) {
  return std::string(20 + number % 200, static_cast<char>('a' + number % 26));
}

inline Text make_text(std::uint64_t number) {
  Text text{number, text_of(number), {}};
  for (int i = 0; i < static_cast<int>(number % 4); ++i) {
    text.more[i].assign(number % 5, ipcarc::string(text_of(number)));
  }
  return text;
}

inline bool whole(const Text& text) {
  if (text.text != text_of(text.number) || text.more.size() != text.number % 4) {
    return false;
  }
  for (const auto& [key, list] : text.more) {
    if (list.size() != text.number % 5 ||
        !std::all_of(list.begin(), list.end(),
                     [&](const auto& s) { return s == text_of(text.number); })) {
      return false;
    }
  }
  return true;
}

inline bool whole(const Pair& pair) {
  return pair.b == ~pair.a;
}

inline constexpr int actor_names = 12;

/// One process of the storm: random calls until it is killed. Any broken content ends it with a failure.
class Actor {
 public:
  Actor(std::string registry, std::uint64_t seed) : name_(std::move(registry)), random_(seed) {}

  /// Runs until the process is killed. `after_step` is called after each call of the registry.
  void run(const std::function<void()>& after_step = [] {}) {
    Registry registry = Registry::open(name_, small());
    for (;; after_step()) {
      try {
        step(registry);
      } catch (const Error& error) {
        if (error.code() != Errc::already_exists && error.code() != Errc::wrong_mode &&
            error.code() != Errc::type_mismatch && error.code() != Errc::poisoned &&
            error.code() != Errc::not_found && error.code() != Errc::timed_out) {
          throw;
        }
      }
    }
  }

 private:
  /// A torn value ends the process by SIGABRT: who kills it sees that it was not the killer.
  static void require(bool is_whole) {
    if (!is_whole) {
      std::cerr << "a torn value\n";
      std::abort();
    }
  }

  std::uint64_t pick(std::uint64_t below) { return random_() % below; }
  std::string any(const char* kind) { return kind + std::to_string(pick(actor_names)); }

  void step(Registry& registry) {
    const std::uint64_t number = pick(100000);
    switch (pick(14)) {
      case 0:
        kept_text_ = registry.get_or_create<Text>(any("text "), make_text(number));
        break;
      case 1:
        kept_pair_ = registry.create<Pair>(any("pair "), number, ~number);
        break;
      case 2:
        kept_frozen_ = registry.publish<Text>(any("frozen "), make_text(number));
        break;
      case 3:
        registry.remove(any("frozen "));
        break;
      case 4:
        registry.remove(any("text "));
        break;
      case 5:
        change(registry, number);
        break;
      case 6:
        if (const auto text = registry.find<Text>(any("text "))) {
          text.update([&](Text& t) { t = make_text(number); });
        }
        break;
      case 7:
        if (const auto pair = registry.find<Pair>(any("pair "))) {
          pair.store({number, ~number});
        }
        break;
      case 8:
        if (const auto pair = registry.find<Pair>(any("pair "))) {
          require(whole(pair.load()));
        }
        break;
      case 9:
        if (const auto frozen = registry.find<const Text>(any("frozen "))) {
          require(whole(*frozen));
        }
        break;
      case 10:
        kept_frozen_ =
            registry.get_or_compute<Text>(any("frozen "), [&] { return make_text(number); });
        require(whole(*kept_frozen_));
        break;
      case 11:
        if (const auto pair = registry.find<Pair>(any("pair "))) {
          number % 2 == 0 ? pair.pin() : pair.unpin();
        }
        break;
      case 12:
        kept_text_ = {};
        kept_pair_ = {};
        kept_frozen_ = {};
        break;
      default:
        registry.reap();
    }
  }

  void change(Registry& registry, std::uint64_t number) {
    const auto text = registry.find<Text>(any("text "));
    if (!text) {
      return;
    }
    try {
      auto guard = text.acquire();
      require(whole(*guard));
      guard->number = number;
      guard->text = text_of(number);
      guard->more = make_text(number).more;
    } catch (const Error& error) {
      if (error.code() == Errc::poisoned) {
        text.reset(make_text(number));
      }
    }
  }

  std::string name_;
  std::mt19937_64 random_;
  IpcArc<Text> kept_text_;
  IpcArc<Pair> kept_pair_;
  IpcArc<const Text> kept_frozen_;
};

inline std::uint64_t from_environment(const char* variable, std::uint64_t otherwise) {
  const char* text = std::getenv(variable);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

/// What a survivor must find when all others are dead: one participant, every value whole, and once the names are removed nothing.
inline void expect_everything_whole(Registry& registry) {
  registry.reap();
  EXPECT_EQ(registry.stats().participants, 1U);
  for (int i = 0; i < actor_names; ++i) {
    if (const auto text = registry.find<Text>("text " + std::to_string(i))) {
      ADD_FAILURE() << "held by nobody, and still there: " << text.name();
    }
    if (const auto frozen = registry.find<const Text>("frozen " + std::to_string(i))) {
      EXPECT_TRUE(whole(*frozen));
      registry.remove(frozen.name());
    }
    if (const auto pair = registry.find<Pair>("pair " + std::to_string(i))) {
      EXPECT_TRUE(whole(pair.load()));
      registry.remove(pair.name());
    }
  }
  expect_clean(registry);
}

}  // namespace ipcarc::test
