// Processes that open and leave one registry at once, so that its file comes and goes under
// everybody's hands.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <random>
#include <vector>

#include "participants/fake_inhabitants.hpp"
#include "support/child_process.hpp"
#include "support/registry_name.hpp"

namespace ipcarc::detail {
namespace {

using test::Attached;
using test::Child;
using test::RegistryName;

// What the processes of a test tell each other by; not in the registry.
struct Board {
  std::atomic<std::uint64_t> inode;  // of the file that the present users are in
  std::atomic<std::uint32_t> users;  // how many there are
  std::atomic<std::uint32_t> rounds;
  std::atomic<std::uint32_t> created;
  std::atomic<std::uint32_t> different;  // twice one name, and not the same file
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

TEST(RemovalRace, NeverGivesTwoUsersDifferentRegistriesAndNeverFails) {
  RegistryName name("race");
  const Shared board;
  constexpr int rounds = 400;
  constexpr unsigned processes = 6;
  const std::uint32_t base_seed = seed();
  std::vector<Child> children;
  for (unsigned i = 0; i < processes; ++i) {
    children.emplace_back([&, i] {
      std::mt19937 random(base_seed + i);
      for (int round = 0; round < rounds; ++round) {
        Attached attached(name);
        // While this process is attached, every other one that attaches must find the same file.
        const std::uint64_t mine = attached->identity().inode;
        const auto& header = attached->segment().header();
        if (attached.created()) {
          board->created.fetch_add(1);
        }
        if (random() % 4 == 0) {
          ::usleep(static_cast<useconds_t>(random() % 200));
        }
        struct stat status {};
        if (::stat(name.path().c_str(), &status) != 0 || status.st_ino != mine ||
            header.magic != segment_magic) {
          board->different.fetch_add(1);
        }
        attached->require_attached();
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

TEST(RemovalRace, EndsWithAFileThatOpensWhenUsersAreKilledAtRandomMoments) {
  RegistryName name("killed");
  const std::uint32_t base_seed = seed();
  std::mt19937 random(base_seed);
  constexpr int kills = 300;
  std::vector<Child> running;
  for (int i = 0; i < kills; ++i) {
    while (running.size() < 4) {
      running.emplace_back([&] {
        for (;;) {
          Attached attached(name);
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
