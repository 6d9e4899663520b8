#include "compare/server.hpp"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstring>
#include <stdexcept>

#include "topic.hpp"

namespace ipcarc::bench {
namespace {

bool takes_connections(const std::string& path) {
  const int socket = connect_to(path);
  if (socket >= 0) {
    ::close(socket);
  }
  return socket >= 0;
}

/// As the forked child: the program, which dies when its parent does.
[[noreturn]] void become(const char* program, const std::string& folder, Core core,
                         const std::vector<std::string>& arguments, pid_t parent) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) {
    ::_exit(1);
  }
  if (core == Core::any) {
    unpin();
  } else {
    pin_to_core(core == Core::first ? 0 : 1);
  }
  const int nowhere = ::open("/dev/null", O_RDWR);
  ::dup2(nowhere, 0);
  ::dup2(nowhere, 1);
  ::dup2(nowhere, 2);
  // Nothing of the bench's stays open in it, above all no pipe whose end somebody waits for.
  ::close_range(3, ~0U, 0);
  if (::chdir(folder.c_str()) != 0) {
    ::_exit(126);
  }
  std::vector<char*> values{const_cast<char*>(program)};
  for (const std::string& argument : arguments) {
    values.push_back(const_cast<char*>(argument.c_str()));
  }
  values.push_back(nullptr);
  ::execvp(program, values.data());
  ::_exit(127);
}

}  // namespace

int connect_to(const std::string& socket_path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (socket_path.size() >= sizeof address.sun_path) {
    return -1;
  }
  std::memcpy(address.sun_path, socket_path.c_str(), socket_path.size() + 1);
  const int socket = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    ::close(socket);
    return -1;
  }
  return socket;
}

Server::Server(const char* program, const std::string& scratch, Core core,
               const std::function<std::vector<std::string>(const std::string&)>& arguments) {
  static int started = 0;
  socket_ =
      scratch + "/" + program + "." + std::to_string(::getpid()) + "." + std::to_string(started++);
  const std::vector<std::string> given = arguments(socket_);
  const pid_t parent = ::getpid();
  pid_ = ::fork();
  if (pid_ < 0) {
    throw std::runtime_error("fork");
  }
  if (pid_ == 0) {
    become(program, scratch, core, given, parent);
  }
  for (int waited_ms = 0; waited_ms < 10'000; waited_ms += 5) {
    int status = 0;
    if (::waitpid(pid_, &status, WNOHANG) == pid_) {
      pid_ = -1;
      throw std::runtime_error(WIFEXITED(status) && WEXITSTATUS(status) == 127
                                   ? std::string(program) + " is not installed"
                                   : std::string(program) + " ended at once");
    }
    if (takes_connections(socket_)) {
      return;
    }
    ::usleep(5000);
  }
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
  throw std::runtime_error(std::string(program) + " did not come up");
}

Server::~Server() {
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
}

}  // namespace ipcarc::bench
