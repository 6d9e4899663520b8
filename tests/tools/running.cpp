#include "tools/running.hpp"

#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <system_error>
#include <utility>

namespace ipcarc::test {
namespace {

struct Pipe {
  Pipe() { EXPECT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0); }
  ~Pipe() {
    close(0);
    close(1);
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  void close(std::size_t end) {
    if (ends[end] >= 0) {
      ::close(std::exchange(ends[end], -1));
    }
  }
  std::array<int, 2> ends{-1, -1};
};

/// Starts the program as posix_spawn does: a fork would take a slot in every registry that the test has open. -1 if it cannot.
pid_t spawn(const std::vector<std::string>& command, const std::vector<std::string>& variables,
            const posix_spawn_file_actions_t& actions, bool own_session) {
  const auto pointers = [](const std::vector<std::string>& texts) {
    std::vector<char*> result;
    for (const std::string& text : texts) {
      result.push_back(const_cast<char*>(text.c_str()));
    }
    result.push_back(nullptr);
    return result;
  };
  posix_spawnattr_t attributes;
  ::posix_spawnattr_init(&attributes);
  ::posix_spawnattr_setflags(&attributes, static_cast<short>(own_session ? POSIX_SPAWN_SETSID : 0));
  pid_t pid = -1;
  const int error = ::posix_spawn(&pid, command[0].c_str(), &actions, &attributes,
                                  pointers(command).data(), pointers(variables).data());
  ::posix_spawnattr_destroy(&attributes);
  EXPECT_EQ(error, 0) << command[0] << ": " << std::generic_category().message(error);
  return error == 0 ? pid : -1;
}

/// Reads both ends until they are closed. False if that took longer than a minute.
bool read_all(int out, int err, const RunOptions& options, Ran& ran) {
  const auto deadline = std::chrono::steady_clock::now() + child_deadline;
  std::array<pollfd, 2> ends = {pollfd{out, POLLIN, 0}, pollfd{err, POLLIN, 0}};
  while (ends[0].fd >= 0 || ends[1].fd >= 0) {
    if (std::chrono::steady_clock::now() > deadline) {
      return false;
    }
    const int ready = ::poll(ends.data(), ends.size(), options.meanwhile ? 20 : 100);
    if (options.meanwhile) {
      options.meanwhile(ran);
    }
    if (ready <= 0) {
      continue;
    }
    for (std::size_t i = 0; i < ends.size(); ++i) {
      if (ends[i].fd < 0 || ends[i].revents == 0) {
        continue;
      }
      std::array<char, 4096> bytes{};
      const ssize_t count = ::read(ends[i].fd, bytes.data(), bytes.size());
      if (count <= 0) {
        ends[i].fd = -1;  // the end; EIO of a terminal
        continue;
      }
      (i == 0 ? ran.out : ran.err).append(bytes.data(), static_cast<std::size_t>(count));
    }
  }
  return true;
}

}  // namespace

Ran run_program(const std::vector<std::string>& command, const RunOptions& options) {
  Pipe in;
  Pipe out;
  Pipe err;
  Pipe terminal;
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  if (options.terminal) {
    winsize size{24, 100, 0, 0};
    std::array<char, 128> name{};
    terminal.close(0);
    terminal.close(1);
    EXPECT_EQ(::openpty(&terminal.ends[0], &terminal.ends[1], name.data(), nullptr, &size), 0);
    ::fcntl(terminal.ends[0], F_SETFD, FD_CLOEXEC);
    ::fcntl(terminal.ends[1], F_SETFD, FD_CLOEXEC);
    // In a session of its own, so this makes it the program's terminal.
    ::posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, name.data(), O_RDWR, 0);
    ::posix_spawn_file_actions_adddup2(&actions, STDIN_FILENO, STDOUT_FILENO);
    ::posix_spawn_file_actions_adddup2(&actions, STDIN_FILENO, STDERR_FILENO);
  } else {
    ::posix_spawn_file_actions_adddup2(&actions, in.ends[0], STDIN_FILENO);
    ::posix_spawn_file_actions_adddup2(&actions, out.ends[1], STDOUT_FILENO);
    ::posix_spawn_file_actions_adddup2(&actions, err.ends[1], STDERR_FILENO);
  }
  std::vector<std::string> variables = {"PATH=/usr/bin:/bin", "TERM=xterm"};
  variables.insert(variables.end(), options.environment.begin(), options.environment.end());
  const pid_t pid = spawn(command, variables, actions, options.terminal);
  ::posix_spawn_file_actions_destroy(&actions);
  Ran ran;
  if (pid < 0) {
    return ran;
  }
  in.close(0);
  out.close(1);
  err.close(1);
  terminal.close(1);
  const int to = options.terminal ? terminal.ends[0] : in.ends[1];
  EXPECT_EQ(::write(to, options.input.data(), options.input.size()),
            static_cast<ssize_t>(options.input.size()));
  in.close(1);
  const bool ended = options.terminal ? read_all(terminal.ends[0], -1, options, ran)
                                      : read_all(out.ends[0], err.ends[0], options, ran);
  if (!ended) {
    ADD_FAILURE() << command[0] << " did not end: " << ran.out << ran.err;
    ::kill(pid, SIGKILL);
  }
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  ran.code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return ran;
}

std::vector<std::string> as_nobody(std::vector<std::string> command) {
  command.insert(command.begin(),
                 {"/usr/bin/setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"});
  return command;
}

ToolTest::ToolTest() {
  directory_ = "/dev/shm/" + unique_name("ipcarc-tool-test");
  std::filesystem::create_directory(directory_);
}

ToolTest::~ToolTest() {
  std::error_code ignored;
  std::filesystem::remove_all(directory_, ignored);
}

Ran ToolTest::run(std::vector<std::string> arguments, const RunOptions& options) const {
  arguments.insert(arguments.begin(), {IPCARC_TOOL, "--dir", directory_});
  return run_program(options.as_nobody ? as_nobody(arguments) : arguments, options);
}

Options ToolTest::options() const {
  Options options = small();
  options.directory = directory_;
  return options;
}

Json ToolTest::named(const Json& list, const std::string& name) {
  for (const Json& one : list) {
    if (one["name"] == name) {
      return one;
    }
  }
  ADD_FAILURE() << "no " << name << " in " << list;
  return {};
}

Registry ToolTest::open(const std::string& name) const {
  return Registry::open(name, options());
}

Holder::Holder(const Options& options, const std::string& name,
               const std::function<void(Registry&, const std::function<void()>&)>& body)
    : child_([&] {
        Registry registry = Registry::open(name, options);
        body(registry, [&] {
          ready_.give();
          for (;;) {
            ::pause();
          }
        });
      }) {
  EXPECT_TRUE(ready_.await());
}

}  // namespace ipcarc::test
