// Where this process looks first for a free block: private memory, and all of it hints.
//
// Each thread has a stripe, shared only when there are more threads than stripes; so its words are
// atomic and relaxed, and lost or doubled hints are harmless: who follows one claims the page and
// looks at the tag. A hint may outlive what it hints at.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>

#include "ipcarc/detail/size_classes.hpp"

namespace ipcarc::detail {

/// A page and a block on it; zero is none.
struct BlockHint {
  std::uint64_t word = 0;

  static constexpr BlockHint make(std::uint32_t page, std::uint32_t index) {
    return BlockHint{((std::uint64_t{page} + 1) << 16) | index};
  }
  constexpr std::uint32_t page() const { return static_cast<std::uint32_t>((word >> 16) - 1); }
  constexpr std::uint32_t index() const { return static_cast<std::uint32_t>(word & 0xFFFF); }
};

/// One thread's hints for one size class.
class alignas(64) ClassHints {
 public:
  /// The block freed last that was not asked for yet; the zero hint: none.
  BlockHint pop_block() noexcept {
    const std::uint32_t top = top_.load(relaxed);
    const BlockHint hint{recent_[top % recent_count].load(relaxed)};
    if (hint.word != 0) {
      recent_[top % recent_count].store(0, relaxed);
      top_.store(top - 1, relaxed);
    }
    return hint;
  }
  /// Forgets the oldest if there are many.
  void push_block(BlockHint hint) noexcept {
    const std::uint32_t top = top_.load(relaxed) + 1;
    recent_[top % recent_count].store(hint.word, relaxed);
    top_.store(top, relaxed);
  }

  /// The page that blocks came from last, plus one; 0: none.
  std::uint32_t last_page() const noexcept { return last_page_.load(relaxed); }
  void set_last_page(std::uint32_t page_plus_1) noexcept { last_page_.store(page_plus_1, relaxed); }

  /// The page that has waited longest, plus one; 0: none. It has gathered most free blocks.
  std::uint32_t pop_page() noexcept {
    const std::uint32_t first = first_.load(relaxed);
    const std::uint32_t page = waiting_[first % waiting_count].load(relaxed);
    if (page != 0) {
      waiting_[first % waiting_count].store(0, relaxed);
      first_.store(first + 1, relaxed);
    }
    return page;
  }
  /// Forgets the new one if there are many: a scan of the page table finds it.
  void push_page(std::uint32_t page_plus_1) noexcept {
    const std::uint32_t end = end_.load(relaxed);
    if (waiting_[end % waiting_count].load(relaxed) == 0) {
      waiting_[end % waiting_count].store(page_plus_1, relaxed);
      end_.store(end + 1, relaxed);
    }
  }

 private:
  static constexpr auto relaxed = std::memory_order_relaxed;
  static constexpr std::uint32_t recent_count = 16;
  static constexpr std::uint32_t waiting_count = 28;

  std::atomic<std::uint32_t> last_page_{0};
  std::atomic<std::uint32_t> top_{0};
  std::atomic<std::uint64_t> recent_[recent_count] = {};
  std::atomic<std::uint32_t> first_{0};
  std::atomic<std::uint32_t> end_{0};
  std::atomic<std::uint32_t> waiting_[waiting_count] = {};
};

struct Stripe {
  ClassHints classes[class_count];
  std::atomic<std::uint64_t> freed_bytes{0};
  std::atomic<std::uint32_t> cursor{0};  // where the next scan of the page table starts
};

/// The stripes of one heap, made when first used.
class Stripes {
 public:
  static constexpr std::uint32_t count = 16;

  Stripes() = default;
  Stripes(const Stripes&) = delete;
  Stripes& operator=(const Stripes&) = delete;
  ~Stripes();

  /// The calling thread's. Never fails: without memory for its own, threads share one.
  Stripe& mine() noexcept {
    const std::uint32_t index = thread_index();
    // acquire: pairs with the release in make().
    Stripe* stripe = stripes_[index].load(std::memory_order_acquire);
    return stripe != nullptr ? *stripe : make(index);
  }
  /// That of any index below `count`, or null.
  Stripe* other(std::uint32_t index) noexcept {
    return stripes_[index].load(std::memory_order_acquire);
  }
  static std::uint32_t thread_index() noexcept {
    return thread_index_ != 0 ? thread_index_ - 1 : number_thread();
  }

 private:
  Stripe& make(std::uint32_t index) noexcept;
  static std::uint32_t number_thread() noexcept;

  // initial-exec: four bytes, so that it fits in a library that is loaded late, and read without a
  // call.
  [[gnu::tls_model("initial-exec")]] static thread_local constinit std::uint32_t thread_index_;

  std::atomic<Stripe*> stripes_[count] = {};
  Stripe shared_;
};

}  // namespace ipcarc::detail
