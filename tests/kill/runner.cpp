#include "runner.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <exception>
#include <new>
#include <unordered_map>

namespace ipcarc::kill {
namespace {

constexpr std::size_t max_points = std::size_t{1} << 23;
constexpr std::size_t max_watched_bytes = std::size_t{4} << 20;
constexpr int order_timeout_ms = 180'000;
constexpr unsigned victim_alarm_s = 170;

volatile std::uint32_t the_stage = Stage::outside;

template <class T>
T* map_shared(std::size_t bytes) {
  void* memory = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                        MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) {
    throw std::bad_alloc();
  }
  return static_cast<T*>(memory);
}

/// The segment's bytes, and what they were when last looked at. Allocates nothing.
class Watch {
 public:
  explicit Watch(const char* path) : path_(path) { refresh(); }
  ~Watch() { drop(); }

  /// Whether a byte changed since the last call. Looks at holes too: a page can be taken long before its first byte is written.
  bool changed() {
    if (bytes_ == nullptr || std::memcmp(copy(), bytes_, size_) == 0) {
      return false;
    }
    std::memcpy(copy(), bytes_, size_);
    return true;
  }

  /// After a system call: it may be another file.
  void refresh() {
    struct stat status {};
    if (::stat(path_, &status) != 0) {
      drop();
      return;
    }
    if (fd_ < 0 || status.st_ino != inode_) {
      drop();
      fd_ = ::open(path_, O_RDONLY | O_CLOEXEC);
      inode_ = status.st_ino;
      size_ = std::min(static_cast<std::size_t>(status.st_size), max_watched_bytes);
      void* memory = ::mmap(nullptr, size_, PROT_READ, MAP_SHARED, fd_, 0);
      if (fd_ < 0 || memory == MAP_FAILED) {
        drop();
        return;
      }
      bytes_ = static_cast<const char*>(memory);
      std::memset(copy(), 0, size_);
    }
    changed();
  }

 private:
  static char* copy() {
    alignas(64) static char memory[max_watched_bytes];
    return memory;
  }
  void drop() {
    if (bytes_ != nullptr) {
      ::munmap(const_cast<char*>(bytes_), size_);
    }
    if (fd_ >= 0) {
      ::close(fd_);
    }
    bytes_ = nullptr;
    fd_ = -1;
  }

  const char* path_;
  int fd_ = -1;
  ino_t inode_ = 0;
  std::size_t size_ = 0;
  const char* bytes_ = nullptr;
};

struct Seen {
  std::uint64_t list = 0;
  std::uint64_t pending = 0;
  std::uint32_t stage = 0;

  /// The list is a ring that its head is part of.
  bool locked(std::uint64_t head) const { return pending != 0 || (list != head && list != 0); }
  void read(const Tracee& tracee, std::uint64_t head) {
    std::uint64_t words[3] = {};
    tracee.read(head, words, sizeof words);
    list = words[0];
    pending = words[2];
    std::uint32_t value = 0;
    tracee.read(reinterpret_cast<std::uint64_t>(&the_stage), &value, sizeof value);
    stage = value;
  }
};

// Reaps what the victim left or came from, so that the next victim is alone. Their ends tell what they found.
int collect_companions() {
  int worst = 0;
  int status = 0;
  while (::waitpid(-1, &status, 0) > 0) {
    if (!(WIFEXITED(status) && WEXITSTATUS(status) == 0)) {
      worst = status;
    }
  }
  return worst;
}

}  // namespace

void set_stage(Stage stage) {
  the_stage = stage;
}

struct Runner::Shared {
  Order order;
  std::uint64_t point;
  RunResult result;
  char watched_path[512];
};

Runner::Runner(const std::function<void()>& victim, Follow follow, std::string_view watched_path)
    : follow_(follow),
      shared_(map_shared<Shared>(sizeof(Shared))),
      trace_(map_shared<TracePoint>(max_points * sizeof(TracePoint))) {
  watched_path.copy(shared_->watched_path, sizeof(shared_->watched_path) - 1);
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
    throw std::bad_alloc();
  }
  std::fflush(nullptr);
  pid_ = ::fork();
  if (pid_ == 0) {
    ::close(ends[0]);
    channel_ = ends[1];
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::prctl(PR_SET_CHILD_SUBREAPER, 1);
    serve(victim);
  }
  ::close(ends[1]);
  channel_ = ends[0];
}

Runner::~Runner() {
  shared_->order = Order::quit;
  ::close(channel_);
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
  ::munmap(trace_, max_points * sizeof(TracePoint));
  ::munmap(shared_, sizeof(Shared));
}

void Runner::serve(const std::function<void()>& victim) {
  alignas(Tracee) std::byte memory[sizeof(Tracee)];
  Tracee* tracee = nullptr;
  for (char byte = 0; ::read(channel_, &byte, 1) == 1; ::write(channel_, &byte, 1)) {
    RunResult& result = shared_->result;
    result = {};
    if (tracee == nullptr) {
      const pid_t pid = ::fork();
      if (pid == 0) {
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        ::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr);
        ::close(channel_);
        ::alarm(victim_alarm_s);
        try {
          victim();
        } catch (const std::exception& error) {
          std::fprintf(stderr, "victim: %s\n", error.what());
        }
        ::_exit(3);
      }
      tracee = new (memory) Tracee(pid, follow_);
      result.reached = tracee->await_begin();
      if (shared_->order == Order::start) {
        continue;
      }
      if (!result.reached) {
        result.status = tracee->status();
      }
    } else {
      result.reached = true;
    }
    if (result.reached && shared_->order == Order::record) {
      watch_and_step(*tracee);
    } else if (result.reached) {
      result.reached = run_to_point(*tracee);
    }
    tracee->~Tracee();
    tracee = nullptr;
    result.companion = collect_companions();
  }
  ::_exit(0);
}

void Runner::watch_and_step(Tracee& tracee) {
  RunResult& result = shared_->result;
  Watch watch(shared_->watched_path);
  const std::uint64_t head = tracee.robust_head();
  Seen seen;
  seen.read(tracee, head);
  std::uint64_t at = 0;
  trace_[0] =
      TracePoint{tracee.ip(), 0, static_cast<std::uint16_t>(seen.stage), true, seen.locked(head)};
  while (!tracee.at_end() && at + 1 < max_points) {
    const Tracee::Effect effect = tracee.next_effect();
    const bool syscall = effect == Tracee::Effect::syscall;
    if (!tracee.step()) {
      result.reached = false;
      break;
    }
    Seen now;
    now.read(tracee, head);
    bool changed = syscall || now.list != seen.list || now.pending != seen.pending;
    if (syscall) {
      watch.refresh();
    } else if (effect == Tracee::Effect::store && watch.changed()) {
      changed = true;
    }
    seen = now;
    trace_[++at] = TracePoint{tracee.ip(), 0, static_cast<std::uint16_t>(now.stage), changed,
                              now.locked(head)};
  }
  result.points = at + 1;
  result.ip = trace_[at].ip;
  result.stage = trace_[at].stage;
  result.status = tracee.status();
}

bool Runner::arrives(std::uint64_t point) const {
  return point == 0 || trace_[point].ip != trace_[point - 1].ip;
}

void Runner::count_arrivals() {
  std::unordered_map<std::uint64_t, std::uint32_t> counts;
  for (std::uint64_t m = 0; m < points_; ++m) {
    std::uint32_t& count = counts[trace_[m].ip];
    count += arrives(m) ? 1U : 0U;
    trace_[m].arrivals = count;
  }
}

bool Runner::run_to_point(Tracee& tracee) {
  const std::uint64_t point = shared_->point;
  // From an address that is come to rarely, and the rest by steps. An instruction that repeats itself is come to once.
  constexpr std::uint64_t farthest = 64;
  std::uint64_t anchor = point;
  while (!arrives(anchor)) {
    --anchor;
  }
  for (std::uint64_t j = anchor - std::min(anchor, farthest); j < anchor; ++j) {
    const auto cost = [&](std::uint64_t m) { return 3 * trace_[m].arrivals + (point - m); };
    if (arrives(j) && cost(j) < cost(anchor)) {
      anchor = j;
    }
  }
  bool alive = tracee.run_to(trace_[anchor].ip, trace_[anchor].arrivals);
  for (std::uint64_t k = anchor; alive && k < point; ++k) {
    alive = tracee.step();
  }
  RunResult& result = shared_->result;
  result.status = tracee.status();
  if (alive) {
    result.ip = tracee.ip();
    Seen seen;
    seen.read(tracee, tracee.robust_head());
    result.stage = seen.stage;
    result.drifted = result.ip != trace_[point].ip;
  }
  return alive;
}

bool Runner::ask(Order order) {
  shared_->order = order;
  char byte = 0;
  pollfd poll{channel_, POLLIN, 0};
  return ::write(channel_, &byte, 1) == 1 && ::poll(&poll, 1, order_timeout_ms) == 1 &&
         ::read(channel_, &byte, 1) == 1;
}

bool Runner::record(RunResult& result) {
  const bool answered = ask(Order::record);
  result = shared_->result;
  points_ = result.points;
  count_arrivals();
  return answered && result.reached;
}

bool Runner::kill_at(std::uint64_t point, RunResult& result) {
  shared_->point = point;
  const bool answered = ask(Order::kill);
  result = shared_->result;
  return answered && result.reached;
}

bool Runner::start() {
  return ask(Order::start) && shared_->result.reached;
}

std::span<const TracePoint> Runner::trace() const {
  return {trace_, points_};
}

}  // namespace ipcarc::kill
