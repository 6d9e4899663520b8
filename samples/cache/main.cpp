// Four workers that render pages and share what they rendered: a cache of 256 KiB, one rendering of a page at a time, whoever wants it. One worker
// is killed in the middle of a page; the others go on, one of them with that page.
#include <fmt/core.h>
#include <sys/wait.h>
#include <unistd.h>
#include <ipcarc/cache.hpp>
#include <ipcarc/ipcarc.hpp>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <random>
#include <string>
#include <thread>
#include <vector>

using namespace std::chrono_literals;

struct Page {
  ipcarc::string title;
  ipcarc::vector<ipcarc::string> paragraphs;
};

namespace {

constexpr const char* registry_name = "page_cache";
constexpr std::uint64_t budget = 256 << 10;
constexpr int requests = 4000;

Page render(int number) {
  std::this_thread::sleep_for(20us);  // what makes it worth while to keep
  Page page{fmt::format("Page {}", number).c_str(), {}};
  for (int i = 0; i < 1 + number % 8; ++i) {
    page.paragraphs.push_back(ipcarc::string(100 + static_cast<std::size_t>(number) % 50, 'x'));
  }
  return page;
}

// Serves pages, a few often and many seldom. True if all of them were what was asked for.
bool serve(unsigned seed) {
  const auto registry = ipcarc::Registry::attach(registry_name);
  const ipcarc::Cache<Page> cache(registry, "pages");
  std::mt19937 random(seed);
  for (int i = 0; i < requests; ++i) {
    const double even = std::uniform_real_distribution<>(0, 1)(random);
    const int number = static_cast<int>(even * even * even * 2000);
    const auto page = cache.get_or_compute(std::to_string(number), [&] { return render(number); });
    if (page->title != fmt::format("Page {}", number).c_str()) {  // no lock, no copy
      return false;
    }
  }
  return true;
}

// Begins to render a page that everybody waits for, and gets no further.
[[noreturn]] void be_killed() {
  const ipcarc::Cache<Page> cache(ipcarc::Registry::attach(registry_name), "pages");
  cache.get_or_compute("front page", [] {
    ::kill(::getpid(), SIGKILL);
    return render(0);
  });
  ::_exit(1);
}

}  // namespace

int main() {
  auto registry = ipcarc::Registry::open(registry_name);
  const ipcarc::Cache<Page> cache(registry, "pages", {.budget_bytes = budget, .time_to_live = 1h});
  std::vector<pid_t> workers;
  for (unsigned seed = 0; seed < 5; ++seed) {
    std::fflush(stdout);
    const pid_t worker = ::fork();
    if (worker == 0) {
      if (seed == 4) {
        be_killed();
      }
      ::_exit(serve(seed) ? 0 : 1);
    }
    workers.push_back(worker);
  }
  bool right = true;
  for (const pid_t worker : workers) {
    int status = 0;
    ::waitpid(worker, &status, 0);
    const bool killed = WIFSIGNALED(status);
    fmt::print("worker {}\n", killed ? "killed while it rendered the front page" : "done");
    right = right && (killed || WEXITSTATUS(status) == 0);
  }
  // Nobody computes it any more, so this process does.
  right = right && cache.get_or_compute("front page", [] { return render(1); })->title == "Page 1";

  const ipcarc::CacheStats stats = cache.stats();
  fmt::print("{} pages in {} of {} KiB; {:.0f} % of the requests found their page, {} evicted\n",
             stats.objects, stats.bytes >> 10, stats.budget_bytes >> 10, 100 * stats.hit_ratio(),
             stats.evictions);
  right = right && stats.bytes <= budget && stats.evictions > 0 && registry.check().ok();
  cache.destroy();  // or it would outlive everybody
  return right ? 0 : 1;
}
