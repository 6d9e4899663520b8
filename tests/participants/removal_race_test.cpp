// Processes that open and leave one registry at once, so that its file comes and goes under
// everybody's hands.
#include <gtest/gtest.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <random>
#include <vector>

#include "participants/fake_inhabitants.hpp"
#include "participants/file_lock.hpp"
#include "support/child_process.hpp"
#include "support/registry_name.hpp"

namespace ipcarc::detail {
namespace {

using test::Attached;
using test::Child;
using test::RegistryName;

// What the processes of a test tell each other by; not in the registry.
struct Board {
  std::atomic<std::uint32_t> arrived;
  std::atomic<std::uint32_t> rounds;
  std::atomic<std::uint32_t> created;
  std::atomic<std::uint32_t> different;  // in another file than the one that has the name
  std::atomic<std::uint32_t> deaths;
  std::atomic<std::uint32_t> reaped;
  std::atomic<bool> over;
};

class Shared {
 public:
  Shared()
      : board_(new (::mmap(nullptr, sizeof(Board), PROT_READ | PROT_WRITE,
                           MAP_SHARED | MAP_ANONYMOUS, -1, 0)) Board{}) {}
  ~Shared() { ::munmap(static_cast<void*>(board_), sizeof(Board)); }
  Shared(const Shared&) = delete;
  Shared& operator=(const Shared&) = delete;
  Board* operator->() const { return board_; }

 private:
  Board* board_;
};

std::uint32_t seed() {
  static const std::uint32_t value = [] {
    const std::uint32_t drawn = std::random_device()();
    std::printf("seed %u\n", drawn);
    return drawn;
  }();
  return value;
}

// Holds everybody until `all` have come, for the `round`th time.
void meet(const Shared& board, std::uint32_t all, std::uint32_t round) {
  board->arrived.fetch_add(1);
  while (board->arrived.load() < all * round) {
    ::sched_yield();
  }
}

// Whether the file that has the name is the one that this process is attached to.
bool has_its_name(const Attached& attached, const RegistryName& name) {
  struct stat status {};
  return ::stat(name.path().c_str(), &status) == 0 &&
         FileIdentity{status.st_dev, status.st_ino} == attached->identity();
}

TEST(RemovalRace, NeverGivesTwoUsersDifferentRegistriesAndNeverFails) {
  RegistryName name("race");
  const Shared board;
  constexpr std::uint32_t rounds = 300;
  constexpr std::uint32_t processes = 6;
  const std::uint32_t base_seed = seed();
  std::vector<Child> children;
  for (std::uint32_t i = 0; i < processes; ++i) {
    children.emplace_back([&, i] {
      std::mt19937 random(base_seed + i);
      for (std::uint32_t round = 1; round <= rounds; ++round) {
        meet(board, processes, round);
        ::usleep(static_cast<useconds_t>(random() % 300));
        Attached attached(name);
        board->created.fetch_add(attached.created() ? 1 : 0);
        // As long as this process is attached, the file stays, and every other one that attaches
        // gets it.
        board->different.fetch_add(has_its_name(attached, name) ? 0 : 1);
        ::usleep(static_cast<useconds_t>(random() % 100));
        board->different.fetch_add(has_its_name(attached, name) ? 0 : 1);
        board->rounds.fetch_add(1);
      }
    });
  }
  for (Child& child : children) {
    const test::Exit exit = child.wait();
    EXPECT_TRUE(exit.ok()) << exit;
  }
  EXPECT_EQ(board->rounds.load(), rounds * processes);
  EXPECT_EQ(board->different.load(), 0U);
  EXPECT_GT(board->created.load(), 1U) << "the file never went away: this tested nothing";
  EXPECT_FALSE(name.exists());
}

TEST(RemovalRace, IsLostByWhoWaitsForTheLockOfAFileThatIsRemovedMeanwhile) {
  RegistryName name("lost");
  const test::Signal waiting;
  Child late([&] {
    EXPECT_TRUE(waiting.await());
    Attached attached(name);
    EXPECT_TRUE(attached.created());
    EXPECT_TRUE(has_its_name(attached, name));
  });
  {
    Attached first(name);
    const Descriptor other =
        open_again(first->segment().descriptor(), first->identity(), name.path().c_str());
    ASSERT_EQ(lock_byte(other.get(), lifecycle_byte), 0);
    waiting.give();
    ::usleep(200'000);  // until it waits for the lock; if that is too short, it finds no file
    ::unlink(name.path().c_str());
  }
  const test::Exit exit = late.wait();
  EXPECT_TRUE(exit.ok()) << exit;
  EXPECT_FALSE(name.exists());
}

TEST(RemovalRace, OfManyReapersAndClaimersCountsEachDeathOnce) {
  RegistryName name("reapers");
  const Shared board;
  constexpr std::uint32_t deaths = 400;
  std::vector<Child> reapers;
  for (int i = 0; i < 3; ++i) {
    reapers.emplace_back([&] {
      Attached attached(name);
      while (!board->over.load()) {
        board->reaped.fetch_add(attached.reap().participants);
      }
    });
  }
  std::vector<Child> mortals;
  for (int i = 0; i < 3; ++i) {
    mortals.emplace_back([&] {
      while (board->deaths.fetch_add(1) < deaths) {
        const test::Exit exit = test::run_in_child([&] {
          const Attached attached(name);
          ::_exit(0);
        });
        EXPECT_TRUE(exit.ok()) << exit;
      }
    });
  }
  for (Child& child : mortals) {
    const test::Exit exit = child.wait();
    EXPECT_TRUE(exit.ok()) << exit;
  }
  Attached last(name);
  board->reaped.fetch_add(last.reap().participants);
  board->over = true;
  for (Child& child : reapers) {
    const test::Exit exit = child.wait();
    EXPECT_TRUE(exit.ok()) << exit;
  }
  EXPECT_EQ(board->reaped.load(), deaths);
  EXPECT_EQ(last->participants(), 1U);
}

TEST(RemovalRace, EndsWithAFileThatOpensWhenUsersAreKilledAtRandomMoments) {
  RegistryName name("killed");
  const Shared board;
  const std::uint32_t base_seed = seed();
  std::mt19937 random(base_seed);
  constexpr int kills = 300;
  std::vector<Child> running;
  for (int i = 0; i < kills; ++i) {
    while (running.size() < 4) {
      running.emplace_back([&] {
        for (;;) {
          Attached attached(name);
          board->different.fetch_add(has_its_name(attached, name) ? 0 : 1);
          if (::getpid() % 2 == 0) {
            attached.reap();
          }
        }
      });
    }
    ::usleep(static_cast<useconds_t>(random() % 1500));
    const std::size_t victim = random() % running.size();
    EXPECT_TRUE(running[victim].kill().killed_by(SIGKILL));
    std::vector<Child> rest;
    for (std::size_t n = 0; n < running.size(); ++n) {
      if (n != victim) {
        rest.push_back(std::move(running[n]));
      }
    }
    running.swap(rest);
  }
  for (Child& child : running) {
    EXPECT_TRUE(child.kill().killed_by(SIGKILL));
  }
  EXPECT_EQ(board->different.load(), 0U);
  Attached survivor(name);
  survivor.reap();
  EXPECT_EQ(survivor->participants(), 1U);
  survivor.leave();
  EXPECT_FALSE(name.exists());
}

TEST(RemovalRace, BetweenDestroyAndOpenEndsWithWholeRegistries) {
  RegistryName name("destroyed");
  std::vector<Child> children;
  for (int i = 0; i < 3; ++i) {
    children.emplace_back([&] {
      for (int round = 0; round < 300; ++round) {
        Attached attached(name);
        attached->require_attached();
        attached->segment().commit(attached->segment().geometry().heap, 4096);
      }
    });
  }
  for (int i = 0; i < 2; ++i) {
    children.emplace_back([&] {
      for (int round = 0; round < 300; ++round) {
        Attachment::destroy(name, {});
      }
    });
  }
  for (Child& child : children) {
    const test::Exit exit = child.wait();
    EXPECT_TRUE(exit.ok()) << exit;
  }
  EXPECT_FALSE(name.exists());
}

}  // namespace
}  // namespace ipcarc::detail
