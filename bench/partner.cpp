#include "partner.hpp"

#include <sched.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <new>
#include <stdexcept>

#include "topic.hpp"

namespace ipcarc::bench {

struct Partner::Desk {
  std::atomic<bool> prepared{false};
  std::atomic<bool> failed{false};
  std::atomic<std::uint64_t> begun{0};  // turns
  std::atomic<std::uint64_t> done{0};
  alignas(64) std::atomic<bool> stop{false};
  alignas(64) std::uint64_t operations = 0;  // written before the turn is done
  std::uint64_t elapsed_ns = 0;
};

namespace {

/// In place of a work's number: its end.
constexpr unsigned char no_more = 255;

std::uint64_t now_ns() {
  return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::nanoseconds>(
                                        std::chrono::steady_clock::now().time_since_epoch())
                                        .count());
}

}  // namespace

Partner::Partner(const std::function<std::vector<Work>()>& prepare, unsigned core) {
  void* memory =
      ::mmap(nullptr, sizeof(Desk), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  int ends[2];
  if (memory == MAP_FAILED || ::pipe(ends) != 0) {
    throw std::runtime_error("no memory or pipe for a partner process");
  }
  desk_ = new (memory) Desk;
  commands_ = ends[1];
  pid_ = ::fork();
  if (pid_ < 0) {
    throw std::runtime_error("no partner process");
  }
  if (pid_ == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::close(ends[1]);
    pin_to_core(core);
    try {
      const std::vector<Work> works = prepare();
      desk_->prepared.store(true);
      for (unsigned char which = 0; ::read(ends[0], &which, 1) == 1 && which != no_more;) {
        const Work& work = works.at(which);
        desk_->begun.fetch_add(1);
        std::uint64_t operations = 0;
        const std::uint64_t begin = now_ns();
        do {
          work();
          operations += batch;
        } while (!desk_->stop.load(std::memory_order_relaxed));
        desk_->elapsed_ns = now_ns() - begin;
        desk_->operations = operations;
        desk_->done.fetch_add(1);
      }
    } catch (const std::exception& error) {
      std::fprintf(stderr, "partner: %s\n", error.what());
      desk_->failed.store(true);
      ::_exit(1);
    }
    ::_exit(0);
  }
  ::close(ends[0]);
  while (!desk_->prepared.load()) {
    ::usleep(100);
    if (desk_->failed.load() || ::waitpid(pid_, nullptr, WNOHANG) == pid_) {
      throw std::runtime_error("the partner process failed");
    }
  }
}

void Partner::kill() {
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
  pid_ = -1;
}

Partner::~Partner() {
  // The end of the pipe alone tells nothing: later partners have inherited it.
  if (pid_ > 0) {
    if (::write(commands_, &no_more, 1) != 1) {
      ::kill(pid_, SIGKILL);
    }
    ::waitpid(pid_, nullptr, 0);
  }
  ::close(commands_);
  ::munmap(desk_, sizeof(Desk));
}

void Partner::wait_for(const std::atomic<std::uint64_t>& turns) const {
  while (turns.load() != told_) {
    if (desk_->failed.load()) {
      throw std::runtime_error("the partner process failed");
    }
    ::sched_yield();
  }
}

void Partner::tell(unsigned char which) {
  desk_->stop.store(false);
  if (::write(commands_, &which, 1) != 1) {
    throw std::runtime_error("the partner process is gone");
  }
  ++told_;
}

void Partner::tell_to_stop() {
  desk_->stop.store(true);
}

std::uint64_t Partner::operations() {
  wait_for(desk_->done);
  return desk_->operations;
}

void Partner::start(unsigned char which) {
  tell(which);
  wait_for(desk_->begun);
}

double Partner::stop() {
  tell_to_stop();
  const auto count = static_cast<double>(operations());
  return static_cast<double>(desk_->elapsed_ns) / count;
}

Loop beside(Partner& partner, unsigned char which, std::function<void(benchmark::State&)> loop) {
  return [&partner, which, loop = std::move(loop)](benchmark::State& state) {
    partner.start(which);
    loop(state);
    partner.stop();
  };
}

Loop together(Partner& partner, unsigned char which, std::function<void(benchmark::State&)> loop) {
  return [&partner, which, loop = std::move(loop)](benchmark::State& state) {
    partner.start(which);
    const std::uint64_t begin = now_ns();
    loop(state);
    const double mine =
        static_cast<double>(now_ns() - begin) / static_cast<double>(state.iterations());
    const double theirs = partner.stop();
    state.counters["ns"] = 1 / (1 / mine + 1 / theirs);
  };
}

Loop crowd(std::vector<std::unique_ptr<Partner>>& partners, unsigned char which, double seconds) {
  return [&partners, which, seconds](benchmark::State& state) {
    std::uint64_t elapsed_ns = 0;
    std::uint64_t operations = 0;
    for ([[maybe_unused]] auto _ : state) {
      const std::uint64_t begin = now_ns();
      for (const auto& partner : partners) {
        partner->tell(which);
      }
      ::usleep(static_cast<useconds_t>(seconds * 1e6));
      for (const auto& partner : partners) {
        partner->tell_to_stop();
      }
      for (const auto& partner : partners) {
        operations += partner->operations();
      }
      elapsed_ns += now_ns() - begin;
    }
    state.counters["ns"] = static_cast<double>(elapsed_ns) / static_cast<double>(operations);
  };
}

}  // namespace ipcarc::bench
