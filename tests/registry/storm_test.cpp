// A storm: processes that do everything, killed at random moments by the thousand, and a survivor who finds every invariant true.
//
// The contents carry their own checks: a value's `b` is the complement of its `a`, a text's length and bytes are given by its number.
// IPCARC_STORM_SECONDS sets how long it lasts, IPCARC_STORM_SEED what it does.
#include <cstdlib>
#include <iostream>
#include <random>
#include <thread>

#include "registry/example.hpp"

namespace ipcarc::test {

using namespace std::chrono_literals;

struct Text {
  std::uint64_t number = 0;
  ipcarc::string text;
  ipcarc::map<int, ipcarc::vector<ipcarc::string>> more;
};

namespace {

std::string text_of(std::uint64_t number) {
  return std::string(20 + number % 200, static_cast<char>('a' + number % 26));
}

Text make_text(std::uint64_t number) {
  Text text{number, text_of(number), {}};
  for (int i = 0; i < static_cast<int>(number % 4); ++i) {
    text.more[i].assign(number % 5, ipcarc::string(text_of(number)));
  }
  return text;
}

bool whole(const Text& text) {
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

bool whole(const Pair& pair) {
  return pair.b == ~pair.a;
}

constexpr int names = 12;

/// One process of the storm: random calls until it is killed. Any broken content ends it with a failure.
class Actor {
 public:
  Actor(std::string registry, std::uint64_t seed) : name_(std::move(registry)), random_(seed) {}

  void run() {
    Registry registry = Registry::open(name_, small());
    for (;;) {
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
  std::uint64_t pick(std::uint64_t below) { return random_() % below; }
  std::string any(const char* kind) { return kind + std::to_string(pick(names)); }

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
          ASSERT_TRUE(whole(pair.load()));
        }
        break;
      case 9:
        if (const auto frozen = registry.find<const Text>(any("frozen "))) {
          ASSERT_TRUE(whole(*frozen));
        }
        break;
      case 10:
        kept_frozen_ =
            registry.get_or_compute<Text>(any("frozen "), [&] { return make_text(number); });
        ASSERT_TRUE(whole(*kept_frozen_));
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
      ASSERT_TRUE(whole(*guard));
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

std::uint64_t from_environment(const char* variable, std::uint64_t otherwise) {
  const char* text = std::getenv(variable);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

/// What a survivor finds when the storm is over.
void expect_everything_whole(Registry& registry) {
  registry.reap();
  EXPECT_EQ(registry.stats().participants, 1U);
  for (int i = 0; i < names; ++i) {
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
  EXPECT_EQ(registry.stats().objects, 0U);
  EXPECT_EQ(registry.stats().heap_bytes_used, 0U);
}

TEST(Storm, ThousandsOfKillsCostTheSurvivorsNothing) {
  const RegistryName name("storm");
  const std::uint64_t seed = from_environment("IPCARC_STORM_SEED", std::random_device{}());
  const auto length = std::chrono::seconds(from_environment("IPCARC_STORM_SECONDS", 8));
  std::cout << "seed " << seed << '\n';
  std::mt19937_64 random(seed);
  Registry registry = Registry::open(name, small());
  auto witness = registry.create<Text>("witness", make_text(77));

  constexpr std::size_t actors = 3;
  std::vector<std::unique_ptr<Child>> running(actors);
  std::uint64_t kills = 0;
  const auto end = std::chrono::steady_clock::now() + length;
  while (std::chrono::steady_clock::now() < end) {
    for (auto& child : running) {
      if (child) {
        const Exit exit = child->kill();
        ASSERT_TRUE(exit.killed_by(SIGKILL)) << exit << " after " << kills << " kills";
        ++kills;
      }
      const std::uint64_t child_seed = random();
      // The fork happens while the parent is attached; the child then opens the registry as its own participant.
      child = std::make_unique<Child>([&] { Actor(name.str(), child_seed).run(); });
      std::this_thread::sleep_for(std::chrono::microseconds(random() % 3000));
    }
    if (kills % 50 < actors) {
      ASSERT_TRUE(whole(*witness.read()));
    }
  }
  for (auto& child : running) {
    ASSERT_TRUE(child->kill().killed_by(SIGKILL));
    ++kills;
  }
  std::cout << kills << " kills survived\n";
  EXPECT_GT(kills, 100U);
  ASSERT_TRUE(whole(*witness.read()));
  witness = {};
  expect_everything_whole(registry);
}

}  // namespace
}  // namespace ipcarc::test
