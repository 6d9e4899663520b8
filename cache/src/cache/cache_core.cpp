#include "ipcarc/cache/detail/cache_core.hpp"

#include <cstring>

#include "cache/parts.hpp"
#include "ipcarc/detail/made_once.hpp"

namespace ipcarc::detail {
namespace {

constexpr std::size_t max_cache_name_bytes = 100;

std::string_view checked_name(const Core& core, std::string_view name) {
  if (name.empty() || name.size() > max_cache_name_bytes ||
      name.find_first_of(std::string_view("/\0", 2)) != std::string_view::npos) {
    throw Error(Errc::bad_name,
                "registry \"" + core.name() + "\": cache \"" + std::string(name) +
                    "\": expected a name of 1 to 100 bytes without '/' and NUL, found " +
                    std::to_string(name.size()) + " bytes");
  }
  return name;
}

/// Which line of the board this thread counts in.
std::uint32_t count_line(const Core& core) noexcept {
  static std::atomic<std::uint32_t> threads{0};
  // relaxed: any number will do, best one of its own.
  thread_local const std::uint32_t thread = threads.fetch_add(1, std::memory_order_relaxed);
  return (core.id + thread) % cache_count_lines;
}

}  // namespace

CacheParts::CacheParts(const Registry& opened, std::string_view cache_name,
                       const CacheOptions& options, const TypeKey& item)
    : registry(opened),
      core(Core::of(core_of(registry))),
      name(checked_name(core, cache_name)),
      type(item) {
  Registry to_create(registry);
  board = to_create.get_or_create<CacheBoard>(name, [&] {
    const std::uint64_t budget = options.budget_bytes != 0
                                     ? options.budget_bytes
                                     : to_create.stats().heap_bytes_capacity / 2;
    return CacheBoard{
        {type.fingerprint()}, {budget}, {options.time_to_live.count()}, {}, {}, {}, {}, {}, {}};
  });
  // Killed before it: it goes with its last holder, or stays with whom opened it meanwhile, who pins it too.
  board.pin();
  if (board->fingerprint.load(std::memory_order_relaxed) != type.fingerprint()) {
    throw Error(Errc::type_mismatch, "registry \"" + core.name() + "\": cache \"" + name +
                                         "\": expected a cache of this program's type of values, "
                                         "found one of another; use another name, or destroy() it");
  }
  queues = to_create.get_or_create<CacheQueues>(name + ".queues");
  queues.pin();
}

CacheName CacheParts::name_of(std::string_view key) const {
  const std::size_t size = name.size() + 1 + key.size();
  if (key.empty() || size > max_name_bytes) [[unlikely]] {
    throw Error(Errc::bad_name, "registry \"" + core.name() + "\": cache \"" + name +
                                    "\": expected a key of 1 to " +
                                    std::to_string(max_name_bytes - 1 - name.size()) +
                                    " bytes, found " + std::to_string(key.size()) + " bytes");
  }
  CacheName made;
  std::memcpy(made.text, name.data(), name.size());
  made.text[name.size()] = '/';
  std::memcpy(made.text + name.size() + 1, key.data(), key.size());
  made.size = static_cast<std::uint32_t>(size);
  return made;
}

CacheItemHead* CacheParts::head_of(const Handle& handle) const noexcept {
  // relaxed: written before the entry was live, which the hold has seen.
  const std::uint32_t offset = type.shape.payload_offset;
  const auto payload = static_cast<std::uint64_t>(handle.payload() - core.base);
  if (handle.entry().payload_offset.load(std::memory_order_relaxed) != offset ||
      payload < core.heap_begin + offset) {
    return nullptr;
  }
  auto* head = reinterpret_cast<CacheItemHead*>(handle.payload() - sizeof(CacheItemHead));
  const std::uint64_t generation = core.directory().state(handle.index()).generation();
  return head->stamp == CacheItemHead::stamp_of(handle.index(), generation) ? head : nullptr;
}

CacheItem CacheParts::find(std::string_view object) const {
  CacheItem item;
  item.handle = find_object(core, object, type);
  if (item.handle) {
    item.head = head_of(item.handle);
  }
  return item;
}

CacheNode CacheParts::node_for(std::uint32_t index, std::uint64_t generation) const {
  const Entry& e = core.directory().entry(index);
  return {
      generation,
      region_bytes(core.heap(), e.root[0].load(std::memory_order_relaxed), index + 1, has_arena(e)),
      index,
      e.hash.load(std::memory_order_relaxed),
      Queues::none,
      Queues::none,
      Queues::none,
      Queues::nowhere};
}

CacheItem CacheParts::item_of(const CacheNode& node) const {
  CacheItem item;
  Directory& directory = core.directory();
  if (directory.is_committed(node.index) &&
      directory.hold_generation(node.index, node.generation)) {
    item.handle =
        Handle(&core, node.index,
               core.base + directory.entry(node.index).payload.load(std::memory_order_relaxed));
    const State state = directory.state(node.index);
    if (state.phase() == Phase::live && !state.leaving()) {
      item.head = head_of(item.handle);
    }
  }
  return item;
}

CacheItem CacheParts::item_at(std::uint32_t index) const {
  const State state = core.directory().state(index);
  const Entry& e = core.directory().entry(index);
  if (state.phase() != Phase::live || !state.pinned() || !state.frozen() ||
      e.fingerprint.load(std::memory_order_relaxed) != type.fingerprint()) {
    return {};
  }
  CacheItem item = item_of({state.generation(), 0, index, 0, 0, 0, 0, 0});
  if (item) {
    const std::string_view object = object_name(item.handle);
    if (object.size() <= name.size() || !object.starts_with(name) || object[name.size()] != '/') {
      return {};
    }
  }
  return item;
}

void CacheParts::count(std::atomic<std::uint64_t> CacheCountLine::*which) const noexcept {
  // relaxed: only the sum is asked for.
  (board->lines[count_line(core)].*which).fetch_add(1, std::memory_order_relaxed);
}

// --- the calls ------------------------------------------------------------------------------------------------------

CacheCore::CacheCore(const Registry& registry, std::string_view name, const CacheOptions& options,
                     const TypeKey& item)
    : parts_(std::make_unique<CacheParts>(registry, name, options, item)) {}

CacheCore::~CacheCore() = default;

Handle CacheCore::find(std::string_view key) const {
  CacheItem item = parts_->find(parts_->name_of(key).view());
  if (!parts_->is_fresh(item.head)) {
    parts_->count(&CacheCountLine::misses);
    return {};
  }
  item.head->touch();
  parts_->count(&CacheCountLine::hits);
  return std::move(item.handle);
}

Handle CacheCore::peek(std::string_view key) const {
  CacheItem item = parts_->find(parts_->name_of(key).view());
  return parts_->is_fresh(item.head) ? std::move(item.handle) : Handle();
}

bool CacheCore::erase(std::string_view key) const {
  const CacheName object = parts_->name_of(key);
  if (!parts_->find(object.view())) {
    return false;
  }
  return parts_->with_queues([&](Queues& view) {
    const CacheItem item = parts_->find(object.view());
    if (!item) {
      return false;
    }
    const std::uint32_t node = item.head->node.load(std::memory_order_relaxed);
    const std::uint32_t index = item.handle.index();
    const bool fresh = parts_->is_fresh(item.head);
    Directory& directory = parts_->core.directory();
    const bool bound = directory.unbind(index);
    if (view.is_node_of(node, index, directory.state(index).generation())) {
      view.release(node);
    }
    return bound && fresh;
  });
}

std::uint64_t CacheCore::purge() const {
  return parts_->with_queues([&](Queues& view) {
    std::uint64_t purged = 0;
    for (const Queues::Which which : {Queues::small, Queues::main}) {
      for (std::uint32_t node = view.oldest(which); node != Queues::none;) {
        const std::uint32_t next = view.at(node).newer;
        const CacheItem item = parts_->item_of(view.at(node));
        if (!item) {
          view.release(node);
        } else if (!parts_->is_fresh(item.head)) {
          parts_->drop(view, node, item);
          count_up(parts_->board->expirations);
          ++purged;
        }
        node = next;
      }
    }
    return purged;
  });
}

void CacheCore::clear() const {
  parts_->with_queues([&](Queues& view) {
    for (const Queues::Which which : {Queues::small, Queues::main}) {
      while (view.count(which) != 0) {
        const std::uint32_t node = view.oldest(which);
        if (const CacheItem item = parts_->item_of(view.at(node))) {
          parts_->drop(view, node, item);
        } else {
          view.release(node);
        }
      }
    }
    view.clear();
  });
}

void CacheCore::resize(std::uint64_t budget_bytes) const {
  parts_->with_queues([&](Queues& view) {
    parts_->board->budget_bytes.store(budget_bytes, std::memory_order_relaxed);
    parts_->make_room(view, 0);
  });
}

CacheStats CacheCore::stats() const {
  parts_->core.enter();
  const CacheBoard& board = *parts_->board;
  // relaxed: counts, each right by itself.
  const auto read = [](const std::atomic<std::uint64_t>& word) {
    return word.load(std::memory_order_relaxed);
  };
  CacheStats stats;
  for (const CacheCountLine& line : board.lines) {
    stats.hits += read(line.hits);
    stats.misses += read(line.misses);
  }
  stats.insertions = read(board.insertions);
  stats.evictions = read(board.evictions);
  stats.expirations = read(board.expirations);
  stats.objects = read(board.objects);
  stats.bytes = read(board.bytes);
  stats.budget_bytes = read(board.budget_bytes);
  return stats;
}

std::chrono::nanoseconds CacheCore::time_to_live() const noexcept {
  return std::chrono::nanoseconds(parts_->board->time_to_live_ns.load(std::memory_order_relaxed));
}

std::string_view CacheCore::name() const noexcept {
  return parts_->name;
}

void CacheCore::destroy() const {
  clear();
  // Killed in between: a cache that is empty, or queues that nobody finds, which the next to open it takes up.
  remove_object(parts_->core, parts_->name);
  remove_object(parts_->core, parts_->name + ".queues");
}

bool CacheCore::make_way(const Error& error, int attempt) const {
  constexpr int most_attempts = 6;
  constexpr std::uint64_t share = 8;
  if ((error.code() != Errc::out_of_memory && error.code() != Errc::too_many_objects) ||
      attempt >= most_attempts) {
    return false;
  }
  return parts_->with_queues([&](Queues& view) {
    const std::uint64_t wanted = view.bytes() - view.bytes() / share;
    bool any = false;
    while (view.count() != 0 && (!any || view.bytes() > wanted) && parts_->evict(view)) {
      any = true;
    }
    return any;
  });
}

CacheInsertion::CacheInsertion(const CacheCore& cache, std::string_view key)
    : cache_(cache),
      name_(cache.parts_->name_of(key)),
      builder_(cache.parts_->core, name_.view(), cache.parts_->type) {}

Handle CacheInsertion::commit(std::chrono::nanoseconds time_to_live) {
  return cache_.parts_->admit(name_.view(), builder_.index(), payload(), time_to_live,
                              [this] { return builder_.publish(name_.view()); });
}

namespace {

/// What is bound to the name and would be taken for a value there, though its time has passed, or it is none of the cache.
void unbind_outdated(CacheParts& parts, std::string_view object) {
  if (const CacheItem seen = parts.find(object); !seen.handle || parts.is_fresh(seen.head)) {
    return;
  }
  parts.with_queues([&](Queues& view) {
    const CacheItem item = parts.find(object);
    if (!item.handle || parts.is_fresh(item.head)) {
      return;
    }
    const std::uint32_t index = item.handle.index();
    Directory& directory = parts.core.directory();
    directory.unbind(index);
    if (item) {
      const std::uint32_t node = item.head->node.load(std::memory_order_relaxed);
      if (view.is_node_of(node, index, directory.state(index).generation())) {
        view.release(node);
      }
      count_up(parts.board->expirations);
    }
  });
}

CacheName without_outdated(CacheParts& parts, std::string_view key) {
  const CacheName name = parts.name_of(key);
  unbind_outdated(parts, name.view());
  return name;
}

}  // namespace

CacheComputation::CacheComputation(const CacheCore& cache, std::string_view key, Deadline deadline)
    : cache_(cache),
      name_(without_outdated(*cache.parts_, key)),
      reservation_(cache.parts_->core, name_.view(), cache.parts_->type, deadline) {}

Handle CacheComputation::commit() {
  return cache_.parts_->admit(name_.view(), reservation_.index(), payload(), cache_.time_to_live(),
                              [this] {
                                reservation_.commit();
                                return reservation_.take();
                              });
}

Handle CacheComputation::take() {
  CacheItem item;
  item.handle = reservation_.take();
  item.head = cache_.parts_->head_of(item.handle);
  // One whose time is over already was computed while this call waited, so it is as fresh as can be asked.
  return item ? std::move(item.handle) : Handle();
}

}  // namespace ipcarc::detail
