// Redis over a unix socket, nothing written to disk, by hiredis.
#include <stdexcept>

#include "compare/store.hpp"

#if IPCARC_BENCH_REDIS
#include <hiredis/hiredis.h>

#include <cstdlib>
#include <cstring>

#include "compare/server.hpp"
#endif

namespace ipcarc::bench {

#if IPCARC_BENCH_REDIS
namespace {

struct FreeReply {
  void operator()(redisReply* reply) const { ::freeReplyObject(reply); }
};
using Reply = std::unique_ptr<redisReply, FreeReply>;

class RedisStore final : public Store {
 public:
  explicit RedisStore(const std::string& socket) : context_(::redisConnectUnix(socket.c_str())) {
    if (context_ == nullptr || context_->err != 0) {
      throw std::runtime_error("Redis: no connection");
    }
  }
  ~RedisStore() override { ::redisFree(context_); }

  void put(std::string_view name, ConstBytes value) override {
    answered(static_cast<redisReply*>(::redisCommand(context_, "SET %b %b", name.data(),
                                                     name.size(), value.data(), value.size())));
  }
  bool get(std::string_view name, Bytes into) override {
    const Reply reply = answered(
        static_cast<redisReply*>(::redisCommand(context_, "GET %b", name.data(), name.size())));
    if (reply->type != REDIS_REPLY_STRING || reply->len != into.size()) {
      return false;
    }
    std::memcpy(into.data(), reply->str, into.size());
    return true;
  }
  void fill(const std::vector<std::string>& names, ConstBytes value) override {
    constexpr std::size_t batch = 1000;
    for (std::size_t begin = 0; begin < names.size(); begin += batch) {
      const std::size_t end = std::min(begin + batch, names.size());
      for (std::size_t i = begin; i < end; ++i) {
        ::redisAppendCommand(context_, "SET %b %b", names[i].data(), names[i].size(), value.data(),
                             value.size());
      }
      for (std::size_t i = begin; i < end; ++i) {
        void* reply = nullptr;
        ::redisGetReply(context_, &reply);
        answered(static_cast<redisReply*>(reply));
      }
    }
  }
  double memory_bytes() override {
    const Reply reply = answered(static_cast<redisReply*>(::redisCommand(context_, "INFO memory")));
    const char* const found = std::strstr(reply->str, "used_memory:");
    return found == nullptr ? 0 : std::strtod(found + std::strlen("used_memory:"), nullptr);
  }

 private:
  Reply answered(redisReply* reply) const {
    if (reply == nullptr || reply->type == REDIS_REPLY_ERROR) {
      const std::string why = reply == nullptr ? context_->errstr : reply->str;
      ::freeReplyObject(reply);
      throw std::runtime_error("Redis: " + why);
    }
    return Reply(reply);
  }

  redisContext* context_;
};

class RedisShop final : public Shop {
 public:
  /// `budget_bytes` 0: none.
  RedisShop(const std::string& scratch, Core core, std::uint64_t budget_bytes)
      : server_("redis-server", scratch, core, [budget_bytes](const std::string& socket) {
          return std::vector<std::string>{"--port",
                                          "0",
                                          "--unixsocket",
                                          socket,
                                          "--save",
                                          "",
                                          "--appendonly",
                                          "no",
                                          "--daemonize",
                                          "no",
                                          "--maxmemory",
                                          std::to_string(budget_bytes),
                                          "--maxmemory-policy",
                                          "allkeys-lru"};
        }) {}
  std::unique_ptr<Store> connect() override {
    return std::make_unique<RedisStore>(server_.socket());
  }

 private:
  Server server_;
};

}  // namespace

std::unique_ptr<Shop> open_redis(const std::string& scratch, Core core) {
  return std::make_unique<RedisShop>(scratch, core, 0);
}
std::unique_ptr<Shop> open_redis_cache(const std::string& scratch, Core core,
                                       std::uint64_t budget_bytes) {
  return std::make_unique<RedisShop>(scratch, core, budget_bytes);
}
#else
std::unique_ptr<Shop> open_redis_cache(const std::string& scratch, Core core,
                                       std::uint64_t /*budget_bytes*/) {
  return open_redis(scratch, core);
}
std::unique_ptr<Shop> open_redis(const std::string& /*scratch*/, Core /*core*/) {
  throw std::runtime_error("libhiredis-dev was not installed when the bench was built");
}
#endif

}  // namespace ipcarc::bench
