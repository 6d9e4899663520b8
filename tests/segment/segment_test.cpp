#include "segment/segment.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>
#include <fstream>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "segment/birth.hpp"
#include "support/child_process.hpp"
#include "support/registry_name.hpp"
#include "support/small_filesystem.hpp"

namespace ipcarc::detail {
namespace {

constexpr std::uint64_t kib = 1024;
constexpr std::uint64_t mib = 1024 * kib;

std::unique_ptr<Segment> make_segment(std::string_view name, std::uint64_t capacity,
                                      const std::string& directory = {}, bool linked = true,
                                      bool huge_pages = true) {
  Options options;
  options.capacity_bytes = capacity;
  options.directory = directory;
  const RegistryPath path = locate(name, directory);
  UnnamedFile born = make_unnamed_file(path, options);
  auto segment = std::make_unique<Segment>(path.name, path.file, born.file.release(), born.geometry,
                                           huge_pages);
  furnish(*segment, path);
  if (linked) {
    link_file(path, segment->descriptor());
  }
  return segment;
}

std::uint64_t taken_bytes(const Segment& segment) {
  struct stat status {};
  EXPECT_EQ(::fstat(segment.descriptor(), &status), 0);
  return static_cast<std::uint64_t>(status.st_blocks) * 512;
}

TEST(Segment, ShowsWhatAnotherMappingOfTheFileWrote) {
  test::RegistryName name("segment");
  const auto first = make_segment(name, mib);
  Segment second(name.str(), name.path(),
                 open_again(first->descriptor(), first->identity(), "").release(),
                 first->geometry(), true);
  EXPECT_NE(first->base(), second.base());
  first->participants()[3].pid.store(42);
  EXPECT_EQ(second.participants()[3].pid.load(), 42U);
  EXPECT_EQ(second.offset_of(&second.participants()[3]), second.geometry().participants + 3 * 64);
}

TEST(Segment, CommitsWholeStepsOnceAndKeepsThemCommitted) {
  test::RegistryName name("commit");
  const auto segment = make_segment(name, 256 * mib);
  const Geometry& g = segment->geometry();
  ASSERT_EQ(g.commit_bytes(), 2 * mib);
  const std::uint64_t at = g.heap + 5 * mib;
  const std::uint64_t before = taken_bytes(*segment);
  EXPECT_FALSE(segment->committed(at, 1));
  segment->commit(at, 1);
  EXPECT_TRUE(segment->committed(at, 1));
  EXPECT_TRUE(segment->committed(at / (2 * mib) * (2 * mib), 2 * mib));
  EXPECT_FALSE(segment->committed(at, 2 * mib));
  EXPECT_EQ(taken_bytes(*segment), before + 2 * mib);
  segment->commit(at, 1);
  EXPECT_EQ(taken_bytes(*segment), before + 2 * mib);
  segment->commit(at, 6 * mib);
  EXPECT_TRUE(segment->committed(at, 6 * mib));
  EXPECT_TRUE(segment->committed(at, 0));
}

TEST(Segment, CommitsUpToTheVeryEndOfAFileOfNoWholeNumberOfSteps) {
  test::RegistryName name("end");
  const auto segment = make_segment(name, 65 * mib + 12 * kib);
  const std::uint64_t end = segment->geometry().file_bytes;
  segment->commit(end - 1, 1);
  EXPECT_TRUE(segment->committed(end - 1, 1));
  struct stat status {};
  ASSERT_EQ(::fstat(segment->descriptor(), &status), 0);
  EXPECT_EQ(static_cast<std::uint64_t>(status.st_size), end);
  const std::uint64_t before = taken_bytes(*segment);
  segment->decommit(end - 2 * mib, 2 * mib);
  EXPECT_FALSE(segment->committed(end - 1, 1));
  EXPECT_LT(taken_bytes(*segment), before);
}

TEST(Segment, RefusesToCommitBeyondItsEnd) {
  test::RegistryName name("beyond");
  const auto segment = make_segment(name, mib);
  for (const auto& [offset, bytes] : {std::pair<std::uint64_t, std::uint64_t>{mib, 1},
                                      {mib - 1, 2},
                                      {~std::uint64_t{0}, 1},
                                      {4096, ~std::uint64_t{0}}}) {
    try {
      segment->commit(offset, bytes);
      ADD_FAILURE() << offset << " +" << bytes;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), Errc::corrupt_segment);
    }
  }
}

TEST(Segment, KnowsFromItsBirthWhatIsCommitted) {
  test::RegistryName name("born");
  const auto segment = make_segment(name, mib);
  const Geometry& g = segment->geometry();
  ASSERT_EQ(g.commit_bytes(), 4 * kib);
  EXPECT_TRUE(segment->committed(0, g.committed_at_birth));
  EXPECT_FALSE(segment->committed(g.committed_at_birth, 1));
}

TEST(Segment, GivesMemoryBackOfTheStepsThatLieWhollyInTheRange) {
  test::RegistryName name("decommit");
  const auto segment = make_segment(name, 256 * mib);
  const std::uint64_t at = (segment->geometry().heap / (2 * mib) + 1) * (2 * mib);
  const std::uint64_t before = taken_bytes(*segment);
  segment->commit(at, 8 * mib);
  std::memset(segment->base() + at, 0xAB, 8 * mib);
  segment->decommit(at + 1, 6 * mib - 1);
  EXPECT_EQ(taken_bytes(*segment), before + 4 * mib);
  EXPECT_TRUE(segment->committed(at, 2 * mib));
  EXPECT_FALSE(segment->committed(at + 2 * mib, 1));
  EXPECT_FALSE(segment->committed(at + 4 * mib, 2 * mib));
  EXPECT_TRUE(segment->committed(at + 6 * mib, 2 * mib));
  segment->commit(at, 8 * mib);
  EXPECT_EQ(segment->base()[at + 2 * mib], std::byte{0});
  EXPECT_EQ(segment->base()[at + 2 * mib - 1], std::byte{0xAB});
}

TEST(Segment, LeavesAFullFilesystemAsItWasAndCommitsWhenThereIsRoomAgain) {
  const auto small = test::SmallFilesystem::mount(16 * mib);
  if (!small) {
    GTEST_SKIP() << "no right to mount a filesystem";
  }
  const auto segment = make_segment("full", 12 * mib, small->path());
  const std::uint64_t at = segment->geometry().heap;
  small->fill(64 * kib);
  const std::uint64_t available = small->free_bytes();
  try {
    segment->commit(at, mib);
    FAIL() << "there is no room for this";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Errc::out_of_memory);
    EXPECT_NE(std::strstr(error.what(), "registry \"full\""), nullptr) << error.what();
    EXPECT_NE(std::strstr(error.what(), "65536 free"), nullptr) << error.what();
  }
  EXPECT_EQ(small->free_bytes(), available);
  EXPECT_FALSE(segment->committed(at, 1));
  EXPECT_FALSE(segment->committed(at + mib - 1, 1));
  small->drain();
  segment->commit(at, mib);
  std::memset(segment->base() + at, 1, mib);
}

// Bytes of the segment's mapping in this process that are huge pages, as /proc/self/smaps tells.
std::uint64_t huge_bytes(const Segment& segment) {
  std::ifstream smaps("/proc/self/smaps");
  char begin[32];
  std::snprintf(begin, sizeof begin, "%lx-", reinterpret_cast<std::uintptr_t>(segment.base()));
  bool here = false;
  for (std::string line; std::getline(smaps, line);) {
    if (line.find("-") < line.find(" ")) {
      here = line.starts_with(begin);
    } else if (here && line.starts_with("ShmemPmdMapped:")) {
      return std::stoull(line.substr(line.find(':') + 1)) * kib;
    }
  }
  return 0;
}

// Whether this kernel makes huge pages of a tmpfs when asked.
bool kernel_gathers() {
  const std::size_t bytes = 2 * mib;
  const int fd = ::open("/dev/shm", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  EXPECT_GE(fd, 0);
  EXPECT_EQ(::ftruncate(fd, static_cast<off_t>(bytes)), 0);
  void* const room = ::mmap(nullptr, 2 * bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  auto* const at = reinterpret_cast<std::byte*>(
      (reinterpret_cast<std::uintptr_t>(room) + bytes - 1) / bytes * bytes);
  EXPECT_EQ(::mmap(at, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd, 0), at);
  *at = std::byte{1};
  const bool gathers = ::madvise(at, bytes, 25 /* MADV_COLLAPSE */) == 0;
  ::munmap(room, 2 * bytes);
  ::close(fd);
  return gathers;
}

TEST(Segment, TakesItsMemoryInHugePages) {
  if (!kernel_gathers()) {
    GTEST_SKIP() << "this kernel does not make huge pages of a tmpfs";
  }
  test::RegistryName name("huge");
  const auto segment = make_segment(name, 256 * mib);
  const std::uint64_t at = (segment->geometry().heap / (2 * mib) + 1) * (2 * mib);
  const std::uint64_t before = taken_bytes(*segment);
  segment->commit(at, 4 * mib);
  EXPECT_EQ(taken_bytes(*segment), before + 4 * mib);
  for (std::uint64_t page = 0; page < 4 * mib; page += 4 * kib) {
    EXPECT_EQ(segment->base()[at + page], std::byte{0});
  }
  std::memset(segment->base() + at, 0xAB, 4 * mib);
  EXPECT_EQ(huge_bytes(*segment), 4 * mib);
  // What is given back goes whole, and comes back whole.
  segment->decommit(at, 2 * mib);
  EXPECT_EQ(taken_bytes(*segment), before + 2 * mib);
  segment->commit(at, 1);
  EXPECT_EQ(segment->base()[at], std::byte{0});
  EXPECT_EQ(segment->base()[at + 2 * mib], std::byte{0xAB});
  EXPECT_EQ(huge_bytes(*segment), 4 * mib);
  // A page that was taken before, in a step that is not, is kept with what it bears.
  const std::uint64_t other = at + 8 * mib;
  ASSERT_EQ(::fallocate(segment->descriptor(), 0, static_cast<off_t>(other + mib), 4096), 0);
  segment->base()[other + mib] = std::byte{0x17};
  segment->commit(other, 2 * mib);
  EXPECT_EQ(segment->base()[other + mib], std::byte{0x17});
}

TEST(Segment, TakesSmallPagesWhenToldTo) {
  test::RegistryName name("small");
  const auto segment = make_segment(name, 256 * mib, {}, true, false);
  const std::uint64_t at = segment->geometry().heap;
  segment->commit(at, 4 * mib);
  std::memset(segment->base() + at, 0xAB, 4 * mib);
  EXPECT_EQ(huge_bytes(*segment), 0U);
}

// Wherever who takes them is killed, the next finds what is there and takes the rest.
TEST(Segment, TakesHugePagesOnWhereAnotherWasKilled) {
  test::RegistryName name("killed");
  const auto segment = make_segment(name, 256 * mib);
  const std::uint64_t begin = (segment->geometry().heap / (2 * mib) + 1) * (2 * mib);
  constexpr int steps = 8;
  for (int round = 0; round < 40; ++round) {
    test::Child child([&] {
      for (int i = 0; i < steps; ++i) {
        const std::uint64_t at = begin + static_cast<std::uint64_t>(i) * 2 * mib;
        segment->commit(at, 2 * mib);
        segment->base()[at + mib] = std::byte{1};
      }
    });
    ::usleep(static_cast<useconds_t>(round * 50));
    child.kill();
    segment->commit(begin, steps * 2 * mib);
    for (int i = 0; i < steps; ++i) {
      std::byte* const step = segment->base() + begin + static_cast<std::uint64_t>(i) * 2 * mib;
      EXPECT_LE(std::to_integer<int>(step[mib]), 1);
      step[mib] = std::byte{0};
      for (std::uint64_t page = 0; page < 2 * mib; page += 4 * kib) {
        EXPECT_EQ(step[page], std::byte{0});
      }
    }
    segment->decommit(begin, steps * 2 * mib);
    EXPECT_FALSE(segment->committed(begin, 1));
  }
}

TEST(Segment, LeavesAFullFilesystemAsItWasWithHugePagesToo) {
  const auto small = test::SmallFilesystem::mount(16 * mib);
  if (!small) {
    GTEST_SKIP() << "no right to mount a filesystem";
  }
  const auto segment = make_segment("full", 256 * mib, small->path());
  ASSERT_EQ(segment->geometry().commit_bytes(), 2 * mib);
  const std::uint64_t at = segment->geometry().heap / (2 * mib) * (2 * mib);
  for (const std::uint64_t left : {4 * mib, 6 * mib}) {
    small->fill(left);
    const std::uint64_t available = small->free_bytes();
    EXPECT_THROW(segment->commit(at, 8 * mib), Error);
    EXPECT_EQ(small->free_bytes(), available);
    small->drain();
  }
  // What is taken already can be gathered where nothing more can be taken.
  small->fill(2 * mib);
  segment->commit(at, 2 * mib);
  EXPECT_EQ(small->free_bytes(), 0U);
  std::memset(segment->base() + at, 1, 2 * mib);
}

TEST(Segment, CommitsUnderAStormOfSignals) {
  test::RegistryName name("storm");
  const test::Exit exit = test::run_in_child([&] {
    const auto segment = make_segment(name, 1024 * mib);
    struct sigaction action {};
    action.sa_handler = [](int) {};
    ::sigaction(SIGVTALRM, &action, nullptr);
    const itimerval often{{0, 100}, {0, 100}};
    ::setitimer(ITIMER_VIRTUAL, &often, nullptr);
    struct sigaction real {};
    real.sa_handler = [](int) {};
    ::sigaction(SIGUSR1, &real, nullptr);
    const pid_t me = ::getpid();
    std::atomic<bool> done{false};
    std::thread pest([&] {
      sigset_t none;
      ::sigfillset(&none);
      ::pthread_sigmask(SIG_SETMASK, &none, nullptr);
      while (!done.load()) {
        ::kill(me, SIGUSR1);
      }
    });
    // Taken at once, this lasts far longer than the time between two signals.
    segment->commit(segment->geometry().heap, 128 * mib);
    done = true;
    pest.join();
    EXPECT_TRUE(segment->committed(segment->geometry().heap, 128 * mib));
  });
  EXPECT_TRUE(exit.ok()) << exit;
}

TEST(Segment, IsCommittedByManyProcessesAtOnce) {
  test::RegistryName name("many");
  const auto segment = make_segment(name, 256 * mib);
  const std::uint64_t heap = segment->geometry().heap;
  std::vector<test::Child> children;
  for (unsigned i = 0; i < 4; ++i) {
    children.emplace_back([&, i] {
      for (std::uint64_t at = i; at < 40; ++at) {
        segment->commit(heap + at * mib, mib);
        segment->base()[heap + at * mib] = std::byte{1};
      }
    });
  }
  for (test::Child& child : children) {
    const test::Exit exit = child.wait();
    EXPECT_TRUE(exit.ok()) << exit;
  }
  EXPECT_TRUE(segment->committed(heap, 40 * mib));
}

TEST(Segment, OpensItsFileAnewWhenItsDescriptorWasClosed) {
  test::RegistryName name("closed");
  const auto segment = make_segment(name, mib);
  ::close(segment->descriptor());
  segment->commit(segment->geometry().heap, 4096);
  EXPECT_EQ(identity_of(segment->descriptor()), segment->identity());
}

TEST(Segment, NeverTouchesTheFileThatGotTheNumberOfItsDescriptor) {
  test::RegistryName name("number");
  auto segment = make_segment(name, mib);
  const int number = segment->descriptor();
  const int other = ::open("/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  ASSERT_GE(other, 0);
  ASSERT_EQ(::dup2(other, number), number);
  segment->commit(segment->geometry().heap, 4096);
  struct stat status {};
  ASSERT_EQ(::fstat(number, &status), 0);
  EXPECT_EQ(status.st_size, 0);
  EXPECT_EQ(status.st_blocks, 0);
  ::close(number);
  ::close(other);
}

TEST(Segment, NeverClosesADescriptorThatIsSomebodyElsesByNow) {
  test::RegistryName name("foreign");
  auto segment = make_segment(name, mib);
  const int number = segment->descriptor();
  const int other = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  ASSERT_GE(other, 0);
  ASSERT_EQ(::dup2(other, number), number);
  segment.reset();
  EXPECT_EQ(::fcntl(number, F_GETFD), 0);
  ::close(number);
  ::close(other);
}

TEST(Segment, SaysSoWhenItsFileCannotBeOpenedAnew) {
  test::RegistryName name("lost");
  const auto segment = make_segment(name, mib);
  ::unlink(name.path().c_str());
  ::close(segment->descriptor());
  if (segment->descriptor() >= 0) {
    // With the capability, the mapping itself leads to the file.
    EXPECT_EQ(identity_of(segment->descriptor()), segment->identity());
  } else {
    EXPECT_THROW(segment->commit(segment->geometry().heap, 4096), Error);
  }
}

TEST(Segment, MovesToAnotherDescriptionOverTheSameRange) {
  test::RegistryName name("remap");
  const auto segment = make_segment(name, mib);
  const std::byte* const base = segment->base();
  const int before = segment->descriptor();
  segment->participants()[9].pid.store(99);
  ASSERT_TRUE(segment->remap(open_again(before, segment->identity(), "").release()));
  EXPECT_EQ(segment->base(), base);
  EXPECT_EQ(segment->participants()[9].pid.load(), 99U);
  EXPECT_NE(segment->descriptor(), before);
  EXPECT_EQ(::fcntl(before, F_GETFD), -1);
}

TEST(Segment, CanOnlyBeReadOnceItIsSealed) {
  test::RegistryName name("sealed");
  const auto segment = make_segment(name, mib);
  segment->participants()[9].pid.store(99);
  const auto write = [&] { segment->participants()[9].pid.store(1); };
  const auto read = [&] { static_cast<void>(segment->participants()[9].pid.load()); };
  const test::Exit with_file = test::run_in_child([&] {
    ::signal(SIGSEGV, SIG_DFL);
    segment->seal(open_again(segment->descriptor(), segment->identity(), "").release());
    if (segment->participants()[9].pid.load() == 99) {
      write();
    }
  });
  EXPECT_TRUE(with_file.killed_by(SIGSEGV)) << with_file;
  const test::Exit without = test::run_in_child([&] {
    ::signal(SIGSEGV, SIG_DFL);
    segment->seal(-1);
    read();
  });
  EXPECT_TRUE(without.killed_by(SIGSEGV)) << without;
}

}  // namespace
}  // namespace ipcarc::detail
