// The compiled half of Cache<Value>: one cache in this process, whatever its values' type.
//
// Thread safety: every call, by any thread. Process safety: as said at the head of <ipcarc/cache.hpp>.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "ipcarc/cache/options.hpp"
#include "ipcarc/detail/core_calls.hpp"
#include "ipcarc/detail/export.hpp"
#include "ipcarc/registry.hpp"

namespace ipcarc::detail {

struct CacheParts;

class IPCARC_EXPORT CacheCore {
 public:
  /// Opens the cache, or creates it with `options`. `item`: the key of its values. Throws bad_name, type_mismatch.
  CacheCore(const Registry& registry, std::string_view name, const CacheOptions& options,
            const TypeKey& item);
  ~CacheCore();
  CacheCore(const CacheCore&) = delete;
  CacheCore& operator=(const CacheCore&) = delete;

  /// The value of that key, if it is there and has not expired: counted and touched. No lock.
  Handle find(std::string_view key) const;
  /// The same, neither counted nor touched.
  Handle peek(std::string_view key) const;
  bool erase(std::string_view key) const;
  std::uint64_t purge() const;
  void clear() const;
  void resize(std::uint64_t budget_bytes) const;
  CacheStats stats() const;
  std::chrono::nanoseconds time_to_live() const noexcept;
  std::string_view name() const noexcept;
  /// Unbinds the cache's own two objects, after its values.
  void destroy() const;

  /// After `error`, the `attempt`-th of one call: whether values were evicted so that another may be worth while.
  bool make_way(const Error& error, int attempt) const;

 private:
  friend class CacheInsertion;
  friend class CacheComputation;
  friend struct CacheParts;

  std::unique_ptr<CacheParts> parts_;
};

/// A value's name in the registry: CACHE/KEY.
struct CacheName {
  char text[max_name_bytes];
  std::uint32_t size;

  std::string_view view() const noexcept { return {text, size}; }
};

/// A value on its way into the cache. Gone without commit(), it gives everything back.
class IPCARC_EXPORT CacheInsertion {
 public:
  /// Claims an entry and its region. Throws out_of_memory, too_many_objects, bad_name.
  CacheInsertion(const CacheCore& cache, std::string_view key);

  /// Where to construct the value.
  std::byte* payload() const noexcept { return builder_.payload(); }
  /// Makes room, and binds the value to its key in place of what may have it.
  Handle commit(std::chrono::nanoseconds time_to_live);

 private:
  const CacheCore& cache_;
  CacheName name_;
  Builder builder_;
};

/// One caller's part in get_or_compute, as Reservation.
class IPCARC_EXPORT CacheComputation {
 public:
  /// Waits while another computes; throws timed_out at the deadline.
  CacheComputation(const CacheCore& cache, std::string_view key, Deadline deadline);

  bool mine() const noexcept { return reservation_.mine(); }
  std::byte* payload() const noexcept { return reservation_.payload(); }
  Handle commit();
  /// What another computed; empty if it is no value of the cache, which the next CacheComputation of its key unbinds.
  Handle take();

 private:
  const CacheCore& cache_;
  CacheName name_;
  Reservation reservation_;
};

}  // namespace ipcarc::detail
