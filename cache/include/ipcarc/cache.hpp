// A cache shared by all processes that open it: values by key in a registry, within a budget of bytes.
//
// Thread and process safety: every call, by any thread, while any process may die at any instruction. Who reads takes no lock of the cache.
//
// The directory is the truth: a value is in the cache if its entry is bound to the name CACHE/KEY, pinned, and bears a head (item_head.hpp).
// Everything else lies in one guarded object: the eviction queues, and in their nodes the bytes of each value. They are hints.
// 1. Every change of the cache's bindings is made under the queues' guard, so under it nodes and bindings agree.
// 2. A death under the guard, between a binding and its node, poisons the queues and nothing else. Who locks them next makes them
//    anew from the directory: order, queue and frequency from the heads, bytes from the regions.
// 3. `bytes` is the sum over the nodes, in a queue that is rebuilt or was not torn: nothing is counted twice or for ever.
// 4. A value that is evicted, replaced or erased stays whole for who holds it, and is not counted any more.
//
// What a kill leaves: a key with its old value, its new one, or none; an eviction done or not. Memory: what reap() gives back.
//
// Eviction is S3-FIFO (Yang, Zhang, Qiu, Yue, Rashmi: "FIFO queues are all you need for cache eviction", SOSP 2023): newcomers go through a
// small queue of a tenth of the budget and come into the main one only if they were hit twice there, or were asked for again soon after they
// had left it. So a scan goes through the small queue. SIEVE is simpler, but not resistant to scans.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string_view>
#include <type_traits>
#include <utility>

#include "ipcarc/cache/detail/cache_core.hpp"
#include "ipcarc/cache/detail/item_head.hpp"
#include "ipcarc/cache/options.hpp"
#include "ipcarc/registry.hpp"

namespace ipcarc {

/// A cache in a registry. Copies are the same cache, as are all openings of it in whatever process; it stays until destroy(), with or without
/// processes. `Value` is any type that a registry takes; values are given as frozen objects, read without a lock.
///
/// Keys: 1 byte to 199 less the cache's name, without NUL; else bad_name. Also thrown by every call: what a registry's calls throw in a
/// forked child without a slot, corrupt_segment.
template <class Value>
class Cache {
  static_assert(!std::is_const_v<Value>, "ipcarc: Cache<T> gives IpcArc<const T>; name the T");
  static_assert(!is_sync<Value>, "ipcarc: a cached value is frozen, which a sync type never is");

 public:
  using value_type = Value;  ///< as it is got: `IpcArc<const Value>`

  /// Opens the cache of that name in `registry`, or makes it with `options`. `name`: 1 to 100 bytes without '/' and NUL; objects of the registry
  /// named NAME and NAME.queues are the cache's, and all whose name begins with NAME/. Throws bad_name; type_mismatch if the cache has
  /// other values; out_of_memory, too_many_objects.
  Cache(const Registry& registry, std::string_view name, const CacheOptions& options = {})
      : core_(std::make_shared<detail::CacheCore>(registry, name, options,
                                                  detail::cache_item_key<Value>())) {}

  /// The value of that key, or an empty handle if there is none or its time has passed. Takes no lock, waits for nobody. Counted as hit or
  /// miss; a hit is remembered by one relaxed store, if at all.
  IpcArc<const Value> get(std::string_view key) const {
    return IpcArc<const Value>(core_->find(key));
  }
  /// Whether get() would give a value. Neither counted nor remembered.
  bool contains(std::string_view key) const { return static_cast<bool>(core_->peek(key)); }

  /// A new value, constructed in place from `args` as by Registry::create, bound to the key in place of what has it; older values are evicted
  /// to make room. One that is larger than the budget is given and not kept. Constructs without a lock, then locks the queues. Where memory
  /// or entries run short, evicts more and tries again, if the arguments bear it (the last try or one with rvalues: out_of_memory,
  /// too_many_objects). Throws what the construction throws.
  template <class... A>
  IpcArc<const Value> put(std::string_view key, A&&... args) const {
    return put_for(core_->time_to_live(), key, std::forward<A>(args)...);
  }
  /// As put(), with a time to live of its own; 0: for ever.
  template <class... A>
  IpcArc<const Value> put_for(std::chrono::nanoseconds time_to_live, std::string_view key,
                              A&&... args) const {
    for (int attempt = 0;; ++attempt) {
      bool used_up = false;
      try {
        detail::CacheInsertion insertion(*core_, key);
        used_up = !(std::is_lvalue_reference_v<A> && ...);
        detail::emplace_value<Value>(insertion.payload(), std::forward<A>(args)...);
        return IpcArc<const Value>(insertion.commit(time_to_live));
      } catch (const Error& error) {
        if (used_up || !core_->make_way(error, attempt)) {
          throw;
        }
      }
    }
  }

  /// The value of that key; if there is none, this process calls `make()`, which gives a `Value`, while all others that ask for it wait, up to
  /// `timeout` (timed_out; the time that the own `make` takes does not count). If `make` throws, or its process dies, the next who waits is
  /// the one who computes. Called again if memory runs short while its value is constructed. May use the cache, but for the same key.
  template <class F>
  IpcArc<const Value> get_or_compute(
      std::string_view key, F&& make,
      std::chrono::nanoseconds timeout = std::chrono::nanoseconds::max()) const {
    static_assert(std::is_same_v<std::invoke_result_t<F&>, Value>,
                  "ipcarc: `make` has to return a Value");
    if (detail::Handle hit = core_->find(key)) {
      return IpcArc<const Value>(std::move(hit));
    }
    const detail::Deadline deadline = detail::deadline_after(timeout);
    for (int attempt = 0;;) {
      try {
        detail::CacheComputation computation(*core_, key, deadline);
        if (computation.mine()) {
          if constexpr (detail::is_encoded<Value>) {
            detail::Carrier<Value>::construct(computation.payload(), make());
          } else {
            ::new (static_cast<void*>(computation.payload())) Value(make());
          }
          return IpcArc<const Value>(computation.commit());
        }
        if (detail::Handle computed = computation.take()) {
          return IpcArc<const Value>(std::move(computed));
        }
      } catch (const Error& error) {
        if (!core_->make_way(error, attempt++)) {
          throw;
        }
      }
    }
  }

  /// Unbinds the key's value. False if there was none. One that is being computed comes nevertheless. Locks the queues.
  bool erase(std::string_view key) const { return core_->erase(key); }
  /// Unbinds every value whose time has passed, and gives their number; without it they go when the queues come to them, or are replaced. Locks
  /// the queues, as long as it takes to look at all values.
  std::uint64_t purge() const { return core_->purge(); }
  /// Unbinds all values. Locks the queues meanwhile.
  void clear() const { core_->clear(); }
  /// Sets the budget for everybody, and evicts down to it. Locks the queues.
  void resize(std::uint64_t budget_bytes) const { core_->resize(budget_bytes); }

  /// Counts. Takes no lock.
  CacheStats stats() const { return core_->stats(); }
  /// The cache's name.
  std::string_view name() const noexcept { return core_->name(); }

  /// Unbinds all values and the cache itself; who still has it open can put and get, in a cache that nobody else finds.
  void destroy() const { core_->destroy(); }

 private:
  std::shared_ptr<detail::CacheCore> core_;
};

}  // namespace ipcarc
