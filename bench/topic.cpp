#include "topic.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <nlohmann/json.hpp>
#include <stdexcept>

namespace ipcarc::bench {
namespace {

void send(int pipe, const nlohmann::json& message) {
  const std::string line = message.dump() + "\n";
  for (std::size_t sent = 0; sent < line.size();) {
    const ssize_t wrote = ::write(pipe, line.data() + sent, line.size() - sent);
    if (wrote < 0) {
      ::_exit(3);
    }
    sent += static_cast<std::size_t>(wrote);
  }
}

[[noreturn]] void run_here(const Topic& topic, const Effort& effort, int pipe) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  ::signal(SIGPIPE, SIG_IGN);
  int status = 0;
  try {
    pin_to_core(0);
    Bench::Desk desk;
    desk.row = [&](Row row) {
      row.topic = topic.name;
      send(pipe, {{"row", to_json(row)}});
    };
    desk.point = [&](PlotPoint point) {
      point.topic = topic.name;
      send(pipe, {{"point", to_json(point)}});
    };
    desk.skipped = [&](const std::string& why) { send(pipe, {{"skipped", why}}); };
    topic.run(Bench(effort, desk));
  } catch (const std::exception& error) {
    send(pipe, {{"failure", error.what()}});
    status = 1;
  }
  ::_exit(status);
}

/// What comes out of the pipe until its end or the deadline; false: the deadline passed.
bool read_all(int pipe, int deadline_seconds, std::string& text) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(deadline_seconds);
  for (;;) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        deadline - std::chrono::steady_clock::now());
    pollfd waiting{pipe, POLLIN, 0};
    if (left.count() <= 0 || ::poll(&waiting, 1, static_cast<int>(left.count())) == 0) {
      return false;
    }
    char buffer[4096];
    const ssize_t got = ::read(pipe, buffer, sizeof buffer);
    if (got <= 0) {
      return true;
    }
    text.append(buffer, static_cast<std::size_t>(got));
  }
}

void parse(const std::string& text, Outcome& outcome) {
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = text.find('\n', at);
    if (end == std::string::npos) {
      break;  // cut off by a death
    }
    const auto message = nlohmann::json::parse(text.substr(at, end - at));
    if (message.contains("row")) {
      outcome.rows.push_back(row_from_json(message["row"]));
    } else if (message.contains("point")) {
      outcome.points.push_back(point_from_json(message["point"]));
    } else if (message.contains("skipped")) {
      outcome.skipped.push_back(message["skipped"]);
    } else {
      outcome.failure = message.at("failure");
    }
    at = end + 1;
  }
}

/// What the process may use, asked once, before it is narrowed.
const cpu_set_t& allowed_cores() {
  static const cpu_set_t allowed = [] {
    cpu_set_t set;
    CPU_ZERO(&set);
    ::sched_getaffinity(0, sizeof set, &set);
    return set;
  }();
  return allowed;
}

}  // namespace

Outcome run_apart(const Topic& topic, const Effort& effort, int deadline_seconds) {
  int ends[2];
  if (::pipe(ends) != 0) {
    throw std::runtime_error("pipe");
  }
  const pid_t child = ::fork();
  if (child < 0) {
    throw std::runtime_error("fork");
  }
  if (child == 0) {
    ::close(ends[0]);
    run_here(topic, effort, ends[1]);
  }
  ::close(ends[1]);
  Outcome outcome;
  std::string text;
  const bool ended = read_all(ends[0], deadline_seconds, text);
  ::close(ends[0]);
  if (!ended) {
    ::kill(child, SIGKILL);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  parse(text, outcome);
  if (!ended) {
    outcome.failure = fmt::format("not done after {} s", deadline_seconds);
  } else if (WIFSIGNALED(status)) {
    outcome.failure = fmt::format("killed by signal {}", WTERMSIG(status));
  } else if (WEXITSTATUS(status) != 0 && outcome.failure.empty()) {
    outcome.failure = fmt::format("ended with {}", WEXITSTATUS(status));
  }
  return outcome;
}

bool pin_to_core(unsigned n) {
  const cpu_set_t& allowed = allowed_cores();
  for (int core = 0; core < CPU_SETSIZE; ++core) {
    if (CPU_ISSET(core, &allowed) && n-- == 0) {
      cpu_set_t one;
      CPU_ZERO(&one);
      CPU_SET(core, &one);
      return ::sched_setaffinity(0, sizeof one, &one) == 0;
    }
  }
  return false;
}

void unpin() {
  ::sched_setaffinity(0, sizeof(cpu_set_t), &allowed_cores());
}

}  // namespace ipcarc::bench
