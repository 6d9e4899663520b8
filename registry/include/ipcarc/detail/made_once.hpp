// Values that a process makes once, when it first asks, without a static's guard.
//
// A guard that another thread holds when the process forks stays held in the child, which would
// wait for it for ever. So two threads that ask at once both make the value, and one of them is
// kept. Thread-safe; never blocks but as `make` does.
#pragma once

#include <atomic>
#include <memory>

namespace ipcarc::detail {

/// What `place`, a static that starts null, has: made by `make` if it has nothing. Lives for ever.
template <class Value, class Make>
const Value& made_once(std::atomic<const Value*>& place, Make make) {
  // acquire: pairs with the exchange below; the value is whole.
  const Value* made = place.load(std::memory_order_acquire);
  if (made == nullptr) {
    std::unique_ptr<const Value> mine(new const Value(make()));
    // release: pairs with the acquires here, of whoever sees the value.
    if (place.compare_exchange_strong(made, mine.get(), std::memory_order_release,
                                      std::memory_order_acquire)) {
      made = mine.release();
    }
  }
  return *made;
}

/// The same of a number that is never 0.
template <class Number, class Make>
Number number_made_once(std::atomic<Number>& place, Make make) {
  // relaxed: the number is all there is to see.
  Number number = place.load(std::memory_order_relaxed);
  if (number == 0) [[unlikely]] {
    number = make();
    place.store(number, std::memory_order_relaxed);
  }
  return number;
}

}  // namespace ipcarc::detail
