#include "heap/hints.hpp"

#include <new>

namespace ipcarc::detail {

thread_local constinit std::uint32_t Stripes::thread_index_ = 0;

std::uint32_t Stripes::number_thread() noexcept {
  static std::atomic<std::uint32_t> next{0};
  const std::uint32_t index = next.fetch_add(1, std::memory_order_relaxed) % count;
  thread_index_ = index + 1;
  return index;
}

Stripe& Stripes::make(std::uint32_t index) noexcept {
  auto* made = new (std::nothrow) Stripe;
  Stripe* expected = nullptr;
  // release: pairs with mine() and other(); the stripe is whole.
  if (stripes_[index].compare_exchange_strong(expected, made != nullptr ? made : &shared_,
                                              std::memory_order_acq_rel,
                                              std::memory_order_acquire)) {
    return made != nullptr ? *made : shared_;
  }
  delete made;
  return *expected;
}

Stripes::~Stripes() {
  for (std::atomic<Stripe*>& stripe : stripes_) {
    Stripe* made = stripe.load(std::memory_order_relaxed);
    if (made != &shared_) {
      delete made;
    }
  }
}

}  // namespace ipcarc::detail
