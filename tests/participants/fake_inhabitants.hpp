// Inhabitants that own nothing, and remember what they were asked. For tests of the layer below.
#pragma once

#include <functional>
#include <mutex>
#include <string>
#include <vector>

#include "participants/attachment.hpp"

namespace ipcarc::test {

class FakeInhabitants final : public detail::Inhabitants {
 public:
  void reap_slot(std::uint32_t slot, ReapReport& report) override {
    reaped.push_back(slot);
    ++report.holds;
    if (when_reaping) {
      when_reaping(slot);
    }
  }
  bool anything_pinned() override { return pinned; }
  void fork_lock() noexcept override { mutex.lock(); }
  void fork_hold_for(std::uint32_t slot) noexcept override { held_for.push_back(slot); }
  void fork_unlock(bool child) noexcept override {
    ++(child ? unlocked_in_child : unlocked_in_parent);
    mutex.unlock();
  }

  bool pinned = false;
  std::function<void(std::uint32_t)> when_reaping;
  std::vector<std::uint32_t> reaped;
  std::vector<std::uint32_t> held_for;
  int unlocked_in_child = 0;
  int unlocked_in_parent = 0;
  std::mutex mutex;
};

/// A registry of 256 KiB attached for a scope, and left at its end by the process that made it.
class Attached {
 public:
  explicit Attached(std::string_view name, detail::OpenMode mode = detail::OpenMode::open_or_create,
                    const Options& options = small())
      : result_(detail::Attachment::open(name, options, mode, not_attached)) {
    result_.attachment->enroll(inhabitants);
  }
  ~Attached() {
    if (result_.attachment) {
      leave();
    }
  }
  Attached(const Attached&) = delete;
  Attached& operator=(const Attached&) = delete;

  static Options small() {
    Options options;
    options.capacity_bytes = 256 * 1024;
    return options;
  }
  static bool not_attached(const detail::FileIdentity&) { return false; }

  detail::Attachment* operator->() const { return result_.attachment.get(); }
  detail::Attachment& operator*() const { return *result_.attachment; }
  bool created() const { return result_.created; }
  bool inherited() const { return result_.inherited; }
  ReapReport reap() { return result_.attachment->reap(inhabitants); }
  void leave() {
    result_.attachment->leave(inhabitants);
    result_.attachment.reset();
  }

  FakeInhabitants inhabitants;

 private:
  detail::OpenResult result_;
};

/// The code of the Error that `call` throws; none if it does not.
inline std::error_code code_of(const std::function<void()>& call, std::string* message = nullptr) {
  try {
    call();
  } catch (const Error& error) {
    if (message != nullptr) {
      *message = error.what();
    }
    return error.code();
  }
  return {};
}

}  // namespace ipcarc::test
