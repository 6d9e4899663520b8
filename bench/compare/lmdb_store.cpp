// LMDB on a file in memory, as a cache would use it: a writable mapping, nothing synced. Each get is a transaction of its own, renewed.
#include <stdexcept>

#include "compare/store.hpp"

#if IPCARC_BENCH_LMDB
#include <lmdb.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#endif

namespace ipcarc::bench {

#if IPCARC_BENCH_LMDB
namespace {

void check(int result) {
  if (result != MDB_SUCCESS) {
    throw std::runtime_error(std::string("LMDB: ") + ::mdb_strerror(result));
  }
}

MDB_val value_of(std::string_view text) {
  return {text.size(), const_cast<char*>(text.data())};
}

class LmdbStore final : public Store {
 public:
  explicit LmdbStore(const std::string& folder) {
    check(::mdb_env_create(&environment_));
    check(::mdb_env_set_mapsize(environment_, std::size_t{4} << 30));
    check(
        ::mdb_env_open(environment_, folder.c_str(), MDB_NOSYNC | MDB_WRITEMAP | MDB_NOTLS, 0600));
    MDB_txn* opening = nullptr;
    check(::mdb_txn_begin(environment_, nullptr, 0, &opening));
    check(::mdb_dbi_open(opening, nullptr, 0, &table_));
    check(::mdb_txn_commit(opening));
    check(::mdb_txn_begin(environment_, nullptr, MDB_RDONLY, &reading_));
    ::mdb_txn_reset(reading_);
  }
  ~LmdbStore() override {
    ::mdb_txn_abort(reading_);
    ::mdb_env_close(environment_);
  }

  void put(std::string_view name, ConstBytes value) override {
    MDB_txn* writing = nullptr;
    check(::mdb_txn_begin(environment_, nullptr, 0, &writing));
    put(writing, name, value);
    check(::mdb_txn_commit(writing));
  }
  bool get(std::string_view name, Bytes into) override {
    check(::mdb_txn_renew(reading_));
    MDB_val key = value_of(name);
    MDB_val found{};
    const bool there =
        ::mdb_get(reading_, table_, &key, &found) == MDB_SUCCESS && found.mv_size == into.size();
    if (there) {
      std::memcpy(into.data(), found.mv_data, into.size());
    }
    ::mdb_txn_reset(reading_);
    return there;
  }
  void fill(const std::vector<std::string>& names, ConstBytes value) override {
    MDB_txn* writing = nullptr;
    check(::mdb_txn_begin(environment_, nullptr, 0, &writing));
    for (const std::string& name : names) {
      put(writing, name, value);
    }
    check(::mdb_txn_commit(writing));
  }
  double memory_bytes() override {
    MDB_stat stat{};
    MDB_envinfo info{};
    check(::mdb_env_stat(environment_, &stat));
    check(::mdb_env_info(environment_, &info));
    return static_cast<double>(stat.ms_psize) * static_cast<double>(info.me_last_pgno + 1);
  }

 private:
  void put(MDB_txn* writing, std::string_view name, ConstBytes value) {
    MDB_val key = value_of(name);
    MDB_val data{value.size(), const_cast<std::byte*>(value.data())};
    check(::mdb_put(writing, table_, &key, &data, 0));
  }

  MDB_env* environment_ = nullptr;
  MDB_dbi table_ = 0;
  MDB_txn* reading_ = nullptr;
};

class LmdbShop final : public Shop {
 public:
  explicit LmdbShop(const std::string& scratch) {
    static int opened = 0;
    folder_ = scratch + "/lmdb." + std::to_string(::getpid()) + "." + std::to_string(opened++);
    std::filesystem::create_directory(folder_);
  }
  ~LmdbShop() override {
    std::error_code error;
    std::filesystem::remove_all(folder_, error);
  }
  /// Not to be used across a fork: each process connects for itself.
  std::unique_ptr<Store> connect() override { return std::make_unique<LmdbStore>(folder_); }

 private:
  std::string folder_;
};

}  // namespace

std::unique_ptr<Shop> open_lmdb(const std::string& scratch, Core /*core*/) {
  return std::make_unique<LmdbShop>(scratch);
}
#else
std::unique_ptr<Shop> open_lmdb(const std::string& /*scratch*/, Core /*core*/) {
  throw std::runtime_error("liblmdb-dev was not installed when the bench was built");
}
#endif

}  // namespace ipcarc::bench
