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
  enum State : int { preparing, idle, working, failed };
  std::atomic<int> state{preparing};
  alignas(64) std::atomic<bool> stop{false};
  alignas(64) std::uint64_t operations = 0;  // written before the state is idle again
  std::uint64_t elapsed_ns = 0;
};

namespace {

std::uint64_t now_ns() {
  return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::nanoseconds>(
                                        std::chrono::steady_clock::now().time_since_epoch())
                                        .count());
}

}  // namespace

Partner::Partner(const std::function<std::vector<Work>()>& prepare) {
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
    pin_to_core(1);
    try {
      const std::vector<Work> works = prepare();
      desk_->state.store(Desk::idle);
      for (unsigned char which = 0; ::read(ends[0], &which, 1) == 1;) {
        const Work& work = works.at(which);
        desk_->state.store(Desk::working);
        std::uint64_t operations = 0;
        const std::uint64_t begin = now_ns();
        do {
          work();
          operations += batch;
        } while (!desk_->stop.load(std::memory_order_relaxed));
        desk_->elapsed_ns = now_ns() - begin;
        desk_->operations = operations;
        desk_->state.store(Desk::idle);
      }
    } catch (const std::exception& error) {
      std::fprintf(stderr, "partner: %s\n", error.what());
      desk_->state.store(Desk::failed);
      ::_exit(1);
    }
    ::_exit(0);
  }
  ::close(ends[0]);
  while (desk_->state.load() == Desk::preparing) {
    ::usleep(100);
    if (::waitpid(pid_, nullptr, WNOHANG) == pid_) {
      throw std::runtime_error("the partner process died");
    }
  }
  if (desk_->state.load() == Desk::failed) {
    throw std::runtime_error("the partner process failed");
  }
}

Partner::~Partner() {
  ::close(commands_);
  ::waitpid(pid_, nullptr, 0);
  ::munmap(desk_, sizeof(Desk));
}

void Partner::start(unsigned char which) {
  desk_->stop.store(false);
  if (::write(commands_, &which, 1) != 1) {
    throw std::runtime_error("the partner process is gone");
  }
  while (desk_->state.load() == Desk::idle) {
    ::sched_yield();
  }
}

double Partner::stop() {
  desk_->stop.store(true);
  while (desk_->state.load() == Desk::working) {
    ::sched_yield();
  }
  if (desk_->state.load() == Desk::failed) {
    throw std::runtime_error("the partner process failed");
  }
  return static_cast<double>(desk_->elapsed_ns) / static_cast<double>(desk_->operations);
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

}  // namespace ipcarc::bench
