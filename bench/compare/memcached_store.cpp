// memcached over a unix socket, by libmemcached with its binary protocol off, as it comes.
#include <stdexcept>

#include "compare/store.hpp"

#if IPCARC_BENCH_MEMCACHED
#include <libmemcached/memcached.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>

#include "compare/server.hpp"
#endif

namespace ipcarc::bench {

#if IPCARC_BENCH_MEMCACHED
namespace {

void send_all(int socket, std::string_view text) {
  while (!text.empty()) {
    const ssize_t sent = ::write(socket, text.data(), text.size());
    if (sent <= 0) {
      throw std::runtime_error("memcached: the connection broke");
    }
    text.remove_prefix(static_cast<std::size_t>(sent));
  }
}

class MemcachedStore final : public Store {
 public:
  explicit MemcachedStore(const std::string& socket)
      : memory_(::memcached_create(nullptr)), socket_(socket) {
    check(::memcached_server_add_unix_socket(memory_, socket.c_str()));
  }
  ~MemcachedStore() override { ::memcached_free(memory_); }

  void put(std::string_view name, ConstBytes value) override {
    check(::memcached_set(memory_, name.data(), name.size(),
                          reinterpret_cast<const char*>(value.data()), value.size(), 0, 0));
  }
  bool get(std::string_view name, Bytes into) override {
    std::size_t bytes = 0;
    std::uint32_t flags = 0;
    memcached_return_t result = MEMCACHED_SUCCESS;
    char* const value = ::memcached_get(memory_, name.data(), name.size(), &bytes, &flags, &result);
    const bool there = value != nullptr && bytes == into.size();
    if (there) {
      std::memcpy(into.data(), value, bytes);
    }
    std::free(value);
    return there;
  }
  void fill(const std::vector<std::string>& names, ConstBytes value) override {
    // By a connection of its own: libmemcached, not waiting for replies, now and then waits seconds for the server.
    const int socket = connect_to(socket_);
    std::string text;
    for (const std::string& name : names) {
      text += "set " + name + " 0 0 " + std::to_string(value.size()) + " noreply\r\n";
      text.append(reinterpret_cast<const char*>(value.data()), value.size());
      text += "\r\n";
      if (text.size() > 64 * 1024) {
        send_all(socket, text);
        text.clear();
      }
    }
    send_all(socket, text + "version\r\n");
    char reply = 0;
    const bool answered = ::read(socket, &reply, 1) == 1;
    ::close(socket);
    std::vector<std::byte> last(value.size());
    if (!answered || !get(names.back(), last)) {
      throw std::runtime_error("memcached did not keep what it was given");
    }
  }
  double memory_bytes() override {
    memcached_return_t result = MEMCACHED_SUCCESS;
    memcached_stat_st* const stats = ::memcached_stat(memory_, nullptr, &result);
    const double bytes = stats == nullptr ? 0 : static_cast<double>(stats->bytes);
    ::memcached_stat_free(memory_, stats);
    return bytes;
  }

 private:
  void check(memcached_return_t result) const {
    if (::memcached_failed(result)) {
      throw std::runtime_error(std::string("memcached: ") + ::memcached_strerror(memory_, result));
    }
  }

  memcached_st* memory_;
  std::string socket_;
};

class MemcachedShop final : public Shop {
 public:
  MemcachedShop(const std::string& scratch, Core core, std::uint64_t megabytes)
      : server_("memcached", scratch, core, [megabytes](const std::string& socket) {
          std::vector<std::string> arguments{"-s", socket, "-m", std::to_string(megabytes),
                                             "-t", "2"};
          if (::getuid() == 0) {
            arguments.insert(arguments.end(), {"-u", "root"});
          }
          return arguments;
        }) {}
  std::unique_ptr<Store> connect() override {
    return std::make_unique<MemcachedStore>(server_.socket());
  }

 private:
  Server server_;
};

}  // namespace

std::unique_ptr<Shop> open_memcached(const std::string& scratch, Core core) {
  return std::make_unique<MemcachedShop>(scratch, core, 2048);
}
std::unique_ptr<Shop> open_memcached_cache(const std::string& scratch, Core core,
                                           std::uint64_t budget_bytes) {
  return std::make_unique<MemcachedShop>(scratch, core, budget_bytes >> 20);
}
#else
std::unique_ptr<Shop> open_memcached_cache(const std::string& scratch, Core core,
                                           std::uint64_t /*budget_bytes*/) {
  return open_memcached(scratch, core);
}
std::unique_ptr<Shop> open_memcached(const std::string& /*scratch*/, Core /*core*/) {
  throw std::runtime_error("libmemcached-dev was not installed when the bench was built");
}
#endif

}  // namespace ipcarc::bench
