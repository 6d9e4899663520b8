// What a fresh process pays for pages that others have touched already, and what larger pages change: the registry on the filesystem as it is, with
// small pages and with those that the library gathers, and on private ones of this topic, with huge pages for who asks by MADV_HUGEPAGE, with
// huge pages for all, and of reserved huge pages alone.
#include <fcntl.h>
#include <fmt/format.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <fstream>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "names.hpp"
#include "scratch_registry.hpp"
#include "shared_memory.hpp"
#include "topic.hpp"
#include "topics.hpp"

namespace ipcarc::bench {
namespace {

using Number = std::atomic<std::uint64_t>;
using Monotonic = std::chrono::steady_clock;

constexpr std::uint32_t asked = 10'000;

/// Enough for that many, in whole huge pages: reserved ones are taken for all of it when it is mapped.
constexpr std::uint64_t capacity_for(std::uint32_t objects) {
  return (std::uint64_t{1} << 30) * (1 + objects / 2'000'000);
}

/// A filesystem of this process's own mount namespace; it goes with the process.
class PrivateMount {
 public:
  PrivateMount(const std::string& folder, const char* kind, const char* options) : path_(folder) {
    ::mkdir(path_.c_str(), 0700);
    static const bool apart = ::unshare(CLONE_NEWNS) == 0 &&
                              ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0;
    if (!apart || ::mount("ipcarc-bench", path_.c_str(), kind, 0, options) != 0) {
      throw std::runtime_error(fmt::format("no private {}: {}", kind, std::strerror(errno)));
    }
  }
  ~PrivateMount() { ::umount2(path_.c_str(), MNT_DETACH); }
  PrivateMount(const PrivateMount&) = delete;
  PrivateMount& operator=(const PrivateMount&) = delete;

  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

/// Asks for huge pages in every mapping of that file.
void advise_huge(const std::string& path) {
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);) {
    if (line.ends_with(path)) {
      std::size_t end_of_begin = 0;
      const std::uint64_t begin = std::stoull(line, &end_of_begin, 16);
      const std::uint64_t end = std::stoull(line.substr(end_of_begin + 1), nullptr, 16);
      ::madvise(reinterpret_cast<void*>(begin), end - begin, MADV_HUGEPAGE);
    }
  }
}

struct Cost {
  double ns;
  double faults;
};

Cost get_all(const Registry& registry, Names& names, std::uint32_t count) {
  rusage before{};
  rusage after{};
  ::getrusage(RUSAGE_SELF, &before);
  const auto begin = Monotonic::now();
  for (std::uint32_t i = 0; i < count; ++i) {
    names.answer(registry.get<Number>(names.next()).get());
  }
  const std::chrono::duration<double, std::nano> took = Monotonic::now() - begin;
  ::getrusage(RUSAGE_SELF, &after);
  return {took.count() / count, static_cast<double>(after.ru_minflt - before.ru_minflt) / count};
}

struct Figures {
  Samples fresh;
  Samples again;
  Samples steady;
  Samples faults;
};

/// In processes of their own, one after another: the first lookups, the same ones again, and many all over the table once all is mapped.
Figures figures_in(const Bench& bench, const std::string& folder, std::uint32_t objects,
                   bool gather, bool advise) {
  ScratchRegistry registry(folder, objects + 64, capacity_for(objects), gather);
  if (advise) {
    advise_huge(registry.path());
  }
  for (std::uint32_t i = 0; i < objects; ++i) {
    registry->create<Number>(object_name(i), i).pin();
  }
  Names names(objects);
  struct Answer {
    Cost fresh;
    Cost again;
    Cost steady;
  };
  const SharedArray<Answer> answer(1);
  Figures figures;
  for (int round = 0; round < std::min(bench.effort().rounds, 7); ++round) {
    // A forked child maps the file anew, without a page in its tables.
    const pid_t child = ::fork();
    if (child == 0) {
      if (advise) {
        advise_huge(registry.path());
      }
      Names same = names;
      answer[0].fresh = get_all(*registry, names, asked);
      answer[0].again = get_all(*registry, same, asked);
      get_all(*registry, names, objects);
      answer[0].steady = get_all(*registry, names, std::min(objects, 10 * asked));
      ::_exit(0);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    if (status != 0) {
      throw std::runtime_error("a fresh process failed");
    }
    figures.fresh.push_back(answer[0].fresh.ns);
    figures.again.push_back(answer[0].again.ns);
    figures.steady.push_back(answer[0].steady.ns);
    figures.faults.push_back(answer[0].fresh.faults);
  }
  return figures;
}

}  // namespace

void pages(const Bench& bench) {
  const std::uint32_t objects = bench.effort().most_objects;
  const std::string& scratch = bench.effort().scratch;
  const std::string among = fmt::format("{} objects", counted(objects));
  const auto report = [&](const Figures& figures, const std::string& where) {
    bench.report(compare(fmt::format("get in a fresh process, {}, {}", among, where), figures.fresh,
                         "the same again", figures.again));
    Row faults = compare(fmt::format("page faults of each, {}, {}", among, where), figures.faults);
    faults.unit = "faults";
    bench.report(faults);
  };
  const Figures small = figures_in(bench, scratch, objects, false, false);
  report(small, "pages of 4 KiB");
  const auto report_huge = [&](const Figures& huge, const char* what) {
    report(huge, what);
    bench.report(compare(fmt::format("get, all mapped, {}, {}", among, what), huge.steady,
                         "pages of 4 KiB", small.steady, no_goal(Goal::Kind::faster)));
  };
  report_huge(figures_in(bench, scratch, objects, true, false), "as the library takes it");
  const auto with_mount = [&](const char* kind, const char* options, const char* what,
                              bool advise) {
    try {
      const PrivateMount mount(scratch + "/" + kind, kind, options);
      report_huge(figures_in(bench, mount.path(), objects, false, advise), what);
    } catch (const std::exception& error) {
      bench.skip(fmt::format("{}: {}", what, error.what()));
    }
  };
  with_mount("tmpfs", "huge=advise", "MADV_HUGEPAGE", true);
  with_mount("tmpfs", "huge=always", "tmpfs of huge pages", false);
  with_mount("hugetlbfs", "pagesize=2M", "hugetlbfs", false);
}

}  // namespace ipcarc::bench
