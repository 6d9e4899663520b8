// A pre-forked server: `prefork_server SOCKET` listens on a unix socket with four worker processes
// that share a table of sessions. Whichever worker takes a request finds the session as the last one
// left it. A worker that dies is replaced; the table lives on. SIGTERM ends it.
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <exception>
#include <string>
#include <string_view>
#include <system_error>

#include <ipcarc/ipcarc.hpp>

/// "session/TOKEN", pinned: it outlives the worker that made it.
struct Session {
  std::uint64_t requests = 0;
  ipcarc::vector<ipcarc::string> basket;
};

/// "served": changed by all workers, without a lock.
using Served = std::atomic<std::uint64_t>;

namespace {

constexpr int workers = 4;

[[noreturn]] void fail(const char* what) {
  throw std::system_error(errno, std::generic_category(), what);
}

// Closed at the end. The file's name is removed by the process that bound it.
class Socket {
 public:
  explicit Socket(int fd) : fd_(fd) {}
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  ~Socket() { ::close(fd_); }
  int get() const { return fd_; }

 private:
  int fd_;
};

int listen_at(const char* path) {
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (std::strlen(path) >= sizeof address.sun_path) {
    throw std::invalid_argument("the socket's path is too long");
  }
  std::strcpy(address.sun_path, path);
  if (fd < 0 || ::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      ::listen(fd, 64) != 0) {
    fail(path);
  }
  return fd;
}

class Worker {
 public:
  // The registry and the handles are the parent's, who forked: they are good here as they are.
  Worker(ipcarc::Registry& registry, const ipcarc::IpcArc<Served>& served, int listener)
      : registry_(registry), served_(served), listener_(listener) {}

  [[noreturn]] void run() {
    for (;;) {
      const Socket connection(::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC));
      char line[256];
      const ssize_t length = ::read(connection.get(), line, sizeof line);
      if (length > 0) {
        const std::string reply = answer({line, static_cast<std::size_t>(length)});
        // MSG_NOSIGNAL: a client that is gone does not end the worker.
        ::send(connection.get(), reply.data(), reply.size(), MSG_NOSIGNAL);
      }
    }
  }

 private:
  // `TOKEN add THING`, `TOKEN show` or, to be killed in the middle of it, `TOKEN die`.
  std::string answer(std::string_view request) {
    request = request.substr(0, request.find('\n'));
    const std::string_view token = next_word(request);
    const std::string_view verb = next_word(request);
    const auto session = registry_.get_or_create<Session>("session/" + std::string(token));
    session.pin();
    // All or nothing: a worker that is killed inside leaves the session as it was.
    session.update([&](Session& mine) {
      ++mine.requests;
      if (verb == "add") {
        mine.basket.push_back(request);
      }
      if (verb == "die") {
        mine.basket.clear();
        ::raise(SIGKILL);
      }
    });
    served_->fetch_add(1);
    return describe(*session.read());
  }

  static std::string_view next_word(std::string_view& text) {
    const std::string_view word = text.substr(0, text.find(' '));
    text.remove_prefix(std::min(word.size() + 1, text.size()));
    return word;
  }

  static std::string describe(const Session& session) {
    std::string reply =
        std::to_string(::getpid()) + " request " + std::to_string(session.requests) + ":";
    for (const auto& thing : session.basket) {
      reply += ' ' + std::string(thing);
    }
    return reply + '\n';
  }

  ipcarc::Registry& registry_;
  const ipcarc::IpcArc<Served>& served_;
  int listener_;
};

class Server {
 public:
  explicit Server(const char* path) : path_(path), listener_(listen_at(path)) {}
  ~Server() { ::unlink(path_); }
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  void run() {
    sigset_t awaited;
    sigemptyset(&awaited);
    sigaddset(&awaited, SIGTERM);
    sigaddset(&awaited, SIGCHLD);
    ::sigprocmask(SIG_BLOCK, &awaited, &before_);
    for (pid_t& pid : pids_) {
      pid = start_worker();
    }
    int signal = 0;
    while (::sigwait(&awaited, &signal) == 0 && signal != SIGTERM) {
      replace_the_dead();
    }
    end();
  }

 private:
  pid_t start_worker() {
    const pid_t pid = ::fork();
    if (pid != 0) {
      return pid;
    }
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::sigprocmask(SIG_SETMASK, &before_, nullptr);
    try {
      Worker(registry_, served_, listener_.get()).run();
    } catch (const std::exception& error) {
      std::fprintf(stderr, "worker: %s\n", error.what());
      ::_exit(1);
    }
  }

  void replace_the_dead() {
    for (pid_t dead; (dead = ::waitpid(-1, nullptr, WNOHANG)) > 0;) {
      for (pid_t& pid : pids_) {
        if (pid == dead) {
          pid = start_worker();
        }
      }
    }
    registry_.reap();  // at leisure: what the dead one held is no hindrance
  }

  void end() {
    for (const pid_t pid : pids_) {
      ::kill(pid, SIGKILL);  // at any instruction
      ::waitpid(pid, nullptr, 0);
    }
    registry_.reap();
    int sessions = 0;
    for (const ipcarc::EntryInfo& entry : registry_.entries()) {
      if (entry.name.starts_with("session/")) {
        registry_.remove(entry.name);
        ++sessions;
      }
    }
    std::printf("served %llu requests of %d sessions\n",
                static_cast<unsigned long long>(served_->load()), sessions);
  }

  const char* path_;
  Socket listener_;
  sigset_t before_{};
  pid_t pids_[workers] = {};
  ipcarc::Registry registry_ = ipcarc::Registry::open("prefork_server");
  ipcarc::IpcArc<Served> served_ = registry_.create<Served>("served", 0U);
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: prefork_server SOCKET\n");
    return 2;
  }
  try {
    Server(argv[1]).run();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "prefork_server: %s\n", error.what());
    return 1;
  }
}
