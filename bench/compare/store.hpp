// What others use to keep values by name for several processes: LMDB, Redis, memcached, each behind the same three calls.
//
// A `Shop` is opened by one process and shared by all that it forks afterwards; each of them asks for a `Store` of its own, a connection. The
// calls are virtual: a nanosecond or two, beside what is at least a transaction.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ipcarc::bench {

using Bytes = std::span<std::byte>;
using ConstBytes = std::span<const std::byte>;

class Store {
 public:
  Store() = default;
  virtual ~Store() = default;
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  virtual void put(std::string_view name, ConstBytes value) = 0;
  /// Copies the value out; false if there is none of that size. `name` is zero-terminated.
  virtual bool get(std::string_view name, Bytes into) = 0;
  /// Puts the same value under each of the names, as fast as it goes.
  virtual void fill(const std::vector<std::string>& names, ConstBytes value) = 0;
  /// Bytes of memory that it has in use for what is in it.
  virtual double memory_bytes() = 0;
};

class Shop {
 public:
  Shop() = default;
  virtual ~Shop() = default;
  Shop(const Shop&) = delete;
  Shop& operator=(const Shop&) = delete;

  virtual std::unique_ptr<Store> connect() = 0;
};

/// Where a server runs, if there is one.
enum class Core { first, second, any };

struct ShopKind {
  const char* name;
  bool has_server;
  /// Opens it in a folder. Throws std::runtime_error, which says what is not installed.
  std::unique_ptr<Shop> (*open)(const std::string& scratch, Core core);
};

/// LMDB, Redis, memcached.
const std::vector<ShopKind>& shop_kinds();

std::unique_ptr<Shop> open_lmdb(const std::string& scratch, Core core);
std::unique_ptr<Shop> open_redis(const std::string& scratch, Core core);
std::unique_ptr<Shop> open_memcached(const std::string& scratch, Core core);

/// As caches, which give up what was not used for long to keep a budget.
std::unique_ptr<Shop> open_redis_cache(const std::string& scratch, Core core,
                                       std::uint64_t budget_bytes);
std::unique_ptr<Shop> open_memcached_cache(const std::string& scratch, Core core,
                                           std::uint64_t budget_bytes);

}  // namespace ipcarc::bench
