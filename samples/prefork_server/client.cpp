// `prefork_client SOCKET REQUEST`: sends one request, prints the reply. 3: the server hung up.
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>
#include <string>

int main(int argc, char** argv) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (argc != 3 || std::strlen(argv[1]) >= sizeof address.sun_path) {
    std::fprintf(stderr, "usage: prefork_client SOCKET REQUEST\n");
    return 2;
  }
  std::strcpy(address.sun_path, argv[1]);
  const int fd = ::socket(AF_UNIX, SOCK_STREAM, 0);
  if (::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    return 1;
  }
  const std::string request = std::string(argv[2]) + '\n';
  ::send(fd, request.data(), request.size(), MSG_NOSIGNAL);
  std::string reply;
  char part[256];
  for (ssize_t length; (length = ::read(fd, part, sizeof part)) > 0;) {
    reply.append(part, static_cast<std::size_t>(length));
  }
  ::close(fd);
  std::fputs(reply.c_str(), stdout);
  return reply.empty() ? 3 : 0;
}
