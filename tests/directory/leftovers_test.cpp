// What a death leaves is told from damage, and is gone after the next reaping.
#include <linux/futex.h>

#include <functional>
#include <thread>

#include "directory/populated.hpp"

namespace ipcarc::test {
namespace {

using namespace std::chrono_literals;
using detail::Entry;
using detail::Phase;
using detail::State;

class LeftoversTest : public PopulatedTest {
 protected:
  /// Runs `body`, which gives the signal and never returns, in another process,
  /// and kills it there.
  void die_inside(const std::function<void(Registry&, const Signal&)>& body) {
    Signal there;
    Child victim([&] {
      Registry mine = Registry::attach(name_);
      body(mine, there);
    });
    ASSERT_TRUE(there.await());
    EXPECT_TRUE(victim.kill().killed_by(SIGKILL));
  }
  static void wait_for_death(const Signal& there) {
    there.give();
    std::this_thread::sleep_for(60s);
  }
  /// `said` is among the leftovers, to who looks and to who is attached,
  /// nothing is an error, and opening mends it.
  void expect_leftover(const std::string& said) {
    const CheckReport looked = Registry::inspect(name_);
    EXPECT_TRUE(looked.ok()) << joined(looked);
    EXPECT_TRUE(has_text(looked.leftovers, said)) << joined(looked);
    Registry registry = Registry::attach(name_);
    const CheckReport mended = registry.check();
    EXPECT_TRUE(mended.ok() && mended.leftovers.empty()) << joined(mended);
  }
  /// The slot of a participant that is dead: marked, and its lock nobody's.
  std::uint32_t plant_death(const SegmentFile& file) {
    file.put<std::uint64_t>(file.participant(dead_slot), (7ULL << 32) | 1);
    file.put<std::uint32_t>(file.participant(dead_slot) + offsetof(detail::Participant, pid), 4711);
    return dead_slot;
  }
  void add_flags(const SegmentFile& file, std::uint32_t index, std::uint64_t flags) {
    file.put<std::uint64_t>(file.state(index), file.get<std::uint64_t>(file.state(index)) | flags);
  }
  /// As the kernel leaves the lock of the entry's shard when its owner dies.
  void plant_dead_owner(const SegmentFile& file, std::uint32_t index) {
    const auto hash = file.get<std::uint32_t>(file.entry(index) + offsetof(Entry, hash));
    const std::uint64_t shard =
        file.geometry().shards + (hash & (file.geometry().shard_count - 1)) * sizeof(detail::Shard);
    file.put<unsigned>(shard, FUTEX_OWNER_DIED);
    file.put<std::uint32_t>(shard + offsetof(detail::RobustMutex, owner), dead_slot + 1);
  }

  static constexpr std::uint32_t dead_slot = 5;
};

TEST_F(LeftoversTest, AHolder) {
  die_inside([](Registry& mine, const Signal& there) {
    const auto held = mine.create<int>("alone", 1);
    wait_for_death(there);
  });
  expect_leftover("): dead");
}

TEST_F(LeftoversTest, AGuard) {
  die_inside([](Registry& mine, const Signal& there) {
    auto guard = mine.get<Config>("config").acquire();
    guard->peers.emplace_back(std::string(300, 'x'));
    wait_for_death(there);
  });
  expect_leftover(", which is dead");
}

// No death leaves the value that was there otherwise than whole.
TEST_F(LeftoversTest, DamageUnderADeadGuardIsNone) {
  die_inside([](Registry& mine, const Signal& there) {
    auto guard = mine.get<Config>("config").acquire();
    wait_for_death(there);
  });
  const SegmentFile file(name_.path());
  const std::uint32_t index = file.find("config");
  const detail::Version version{file.get<std::uint64_t>(file.version(index))};
  const auto root = file.get<std::uint64_t>(file.root(index, version.slot()));
  const auto chunk = file.get<std::uint64_t>(root);  // the next one
  ASSERT_NE(chunk, 0U);
  const auto arena = file.get<std::uint64_t>(chunk + sizeof(std::uint64_t));
  file.put<std::uint64_t>(chunk + sizeof(std::uint64_t), arena + 4096);
  const CheckReport report = Registry::inspect(name_);
  EXPECT_TRUE(has_text(report.errors, "not of its arena")) << joined(report);
  file.put<std::uint64_t>(chunk + sizeof(std::uint64_t), arena);
  expect_leftover(", which is dead");
}

TEST_F(LeftoversTest, AnUpdate) {
  die_inside([](Registry& mine, const Signal& there) {
    mine.get<Config>("config").update([&](Config& value) {
      value.host = std::string(500, 'x').c_str();
      wait_for_death(there);
    });
  });
  expect_leftover("locked by participant");
}

TEST_F(LeftoversTest, ABuilder) {
  die_inside([](Registry& mine, const Signal& there) {
    mine.create<Config>("never", [&] {
      Config value;
      wait_for_death(there);
      return value;
    });
  });
  expect_leftover("being built by participant");
}

TEST_F(LeftoversTest, OneWhoComputes) {
  die_inside([](Registry& mine, const Signal& there) {
    mine.get_or_compute<Config>("never", [&] {
      wait_for_death(there);
      return Config{};
    });
  });
  expect_leftover("locked by participant");
}

TEST_F(LeftoversTest, ADestroyer) {
  {
    const SegmentFile file(name_.path());
    const std::uint32_t index = file.find("number");
    plant_death(file);
    plant_dead_owner(file, index);
    file.put<std::uint64_t>(
        file.state(index),
        State::make(State{file.get<std::uint64_t>(file.state(index))}.generation(),
                    Phase::destroying, 0, dead_slot + 1)
            .word);
    EXPECT_TRUE(has_text(Registry::inspect(name_).leftovers, "destroying, and still linked"));
  }
  expect_leftover("being destroyed by participant 5, which is dead");
  EXPECT_FALSE(Registry::attach(name_).contains("number"));
}

TEST_F(LeftoversTest, ARemover) {
  {
    const SegmentFile file(name_.path());
    const std::uint32_t index = file.find("number");
    plant_death(file);
    plant_dead_owner(file, index);
    add_flags(file, index, State::leaving_bit);
  }
  expect_leftover("leaving, and still linked");
}

TEST_F(LeftoversTest, OneWhoDoomed) {
  {
    const SegmentFile file(name_.path());
    const std::uint32_t index = file.find("number");
    plant_death(file);
    plant_dead_owner(file, index);
    add_flags(file, index, State::doomed_bit);
  }
  expect_leftover("doomed by a change that did not end");
}

TEST_F(LeftoversTest, OneWhoLetGoAndDidNotAsk) {
  {
    const SegmentFile file(name_.path());
    const std::uint32_t index = file.find("number");
    plant_death(file);
    file.put<std::uint64_t>(file.state(index),
                            file.get<std::uint64_t>(file.state(index)) & ~State::pinned_bit);
  }
  expect_leftover("held by nobody");
}

TEST_F(LeftoversTest, AClaimedPage) {
  {
    const SegmentFile file(name_.path());
    plant_death(file);
    const std::uint64_t at = file.page(file.page_of_kind(detail::PageKind::small));
    const detail::PageWord word{file.get<std::uint64_t>(at)};
    file.put<std::uint64_t>(at, detail::PageWord::small(word.size_class(), dead_slot + 1).word);
  }
  expect_leftover("claimed by participant 5, which is dead");
}

TEST_F(LeftoversTest, TheRunMutex) {
  {
    const SegmentFile file(name_.path());
    plant_death(file);
    const std::uint64_t mutex = offsetof(detail::Header, heap);
    file.put<unsigned>(mutex, FUTEX_OWNER_DIED);
    file.put<std::uint32_t>(mutex + offsetof(detail::RobustMutex, owner), dead_slot + 1);
    const std::uint32_t free = file.page_of_kind(detail::PageKind::free);
    file.put<std::uint64_t>(file.page(free), detail::PageWord::tail(3).word);
    EXPECT_TRUE(has_text(Registry::inspect(name_).leftovers, "the tail of no run"));
  }
  expect_leftover("the run mutex: its owner, participant 5, is dead");
}

TEST_F(LeftoversTest, ALockOfAThreadThatIsGone) {
  {
    const SegmentFile file(name_.path());
    file.put<unsigned>(offsetof(detail::Header, types_mutex), FUTEX_TID_MASK);
  }
  const CheckReport looked = Registry::inspect(name_);
  EXPECT_TRUE(looked.ok()) << joined(looked);
  EXPECT_TRUE(has_text(looked.leftovers, "the types mutex: locked by thread")) << joined(looked);
  Registry registry = Registry::attach(name_);
  registry.create<std::array<char, 77>>("a type that is new");  // takes the lock, after a second
  const CheckReport mended = registry.check();
  EXPECT_TRUE(mended.ok() && mended.leftovers.empty()) << joined(mended);
}

}  // namespace
}  // namespace ipcarc::test
