// What the inline paths of the handles need of a registry, and the counted hold that all handles are made of.
//
// A process holds an entry by one bit in the segment, whatever the number of its handles. The handles are counted in a private
// word per entry (`local`): a count and the flag `held`, which says that the bit is set. Copies touch only that word.
//
// Thread safety: different Handles of one entry may be used by different threads; one Handle is an ordinary value.
// After fork the child's handles are the child's own holds.
#pragma once

#include <sys/single_threaded.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "ipcarc/detail/entry_layout.hpp"
#include "ipcarc/detail/export.hpp"

namespace ipcarc::detail {

/// The private half of a registry in this process, as far as inline code may see it.
struct CoreView {
  std::byte* base = nullptr;
  Entry* entries = nullptr;
  std::atomic<std::uint32_t>* local = nullptr;  // one word an entry: held_bit | count
  std::uint64_t heap_begin = 0;                 // its offset
  std::uint64_t heap_bytes = 0;
  std::uint32_t incarnation = 0;  // grows from a process to a child it forks
  std::uint32_t id = 0;           // that slot plus 1
  const std::atomic<std::uint32_t>* process_word =
      nullptr;  // 0 in a child that was made past the fork handlers
  std::atomic<std::uint32_t> attention{
      0};  // not 0: calls have something to refuse or to do first (Core::attend)
  std::atomic<std::uint64_t> references{
      0};  // registries, weak handles and held entries; the last leaves

  static constexpr std::uint32_t held_bit = 1U << 31;

  /// Counts one reference. relaxed: who counts has one already, so that the registry cannot go.
  void count_reference() noexcept {
    if (__libc_single_threaded) {
      references.store(references.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
    } else {
      references.fetch_add(1, std::memory_order_relaxed);
    }
  }
  /// Uncounts one that is not the last.
  void uncount_reference() noexcept {
    if (__libc_single_threaded) {
      references.store(references.load(std::memory_order_relaxed) - 1, std::memory_order_relaxed);
    } else {
      references.fetch_sub(1, std::memory_order_relaxed);
    }
  }

  /// Whether calls may go on: this process is a participant, and nobody's death is to be dealt with first.
  bool at_ease() const noexcept {
    // relaxed: as in Attachment::detached(); a death told of is dealt with at some later call.
    return process_word->load(std::memory_order_relaxed) != 0 &&
           attention.load(std::memory_order_relaxed) == 0;
  }
};

/// Called when a process's last handle of an entry went: clears the process's bit and frees the object if nobody else holds it.
IPCARC_EXPORT void let_go_last(CoreView& core, std::uint32_t index) noexcept;

/// One counted hold of an entry, or none.
class Handle {
 public:
  Handle() noexcept = default;
  /// Takes over a hold that is counted already.
  Handle(CoreView* core, std::uint32_t index, std::byte* payload) noexcept
      : core_(core), payload_(payload), index_(index) {}
  Handle(const Handle& other) noexcept
      : core_(other.core_), payload_(other.payload_), index_(other.index_) {
    if (core_ != nullptr) {
      // relaxed: this process holds the entry already, and `other` cannot go while it is copied.
      if (__libc_single_threaded) {
        word().store(word().load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
      } else {
        word().fetch_add(1, std::memory_order_relaxed);
      }
    }
  }
  Handle(Handle&& other) noexcept
      : core_(std::exchange(other.core_, nullptr)),
        payload_(std::exchange(other.payload_, nullptr)),
        index_(other.index_) {}
  Handle& operator=(const Handle& other) noexcept {
    Handle(other).swap(*this);
    return *this;
  }
  Handle& operator=(Handle&& other) noexcept {
    Handle(std::move(other)).swap(*this);
    return *this;
  }
  ~Handle() { drop(); }

  void swap(Handle& other) noexcept {
    std::swap(core_, other.core_);
    std::swap(payload_, other.payload_);
    std::swap(index_, other.index_);
  }

  explicit operator bool() const noexcept { return core_ != nullptr; }
  CoreView& core() const noexcept { return *core_; }
  std::uint32_t index() const noexcept { return index_; }
  Entry& entry() const noexcept { return core_->entries[index_]; }
  /// Where the payload lies, if it lies in one place for the entry's life (frozen, sync, or the first of two slots).
  std::byte* payload() const noexcept { return payload_; }
  void set_payload(std::byte* payload) noexcept { payload_ = payload; }

 private:
  std::atomic<std::uint32_t>& word() const noexcept { return core_->local[index_]; }

  void drop() noexcept {
    if (core_ == nullptr) {
      return;
    }
    std::uint32_t left;
    if (__libc_single_threaded) {
      left = word().load(std::memory_order_relaxed) - 1;
      word().store(left, std::memory_order_relaxed);
    } else {
      // acq_rel: what each thread did through its handle happens before the last one lets the entry go.
      left = word().fetch_sub(1, std::memory_order_acq_rel) - 1;
    }
    if (left == CoreView::held_bit) {
      let_go_last(*core_, index_);
    }
  }

  CoreView* core_ = nullptr;
  std::byte* payload_ = nullptr;
  std::uint32_t index_ = 0;
};

}  // namespace ipcarc::detail
