// A server of somebody else's, started on a socket of our own and ended with the process that started it, however that ends.
#pragma once

#include <sys/types.h>

#include <functional>
#include <string>
#include <vector>

#include "compare/store.hpp"

namespace ipcarc::bench {

/// A connected socket; -1: nobody takes connections there.
int connect_to(const std::string& socket_path);

class Server {
 public:
  /// Starts `program` with a fresh path for a socket in `scratch`, which `arguments` is given. Returns when the socket takes connections.
  /// Throws if the program is not there or does not come up.
  Server(const char* program, const std::string& scratch, Core core,
         const std::function<std::vector<std::string>(const std::string& socket)>& arguments);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  const std::string& socket() const { return socket_; }

 private:
  std::string socket_;
  pid_t pid_ = -1;
};

}  // namespace ipcarc::bench
