// A process that uses a registry's heap and nothing above it.
//
// Owners are given to participants in fixed shares, so that what a dead one owned is known by its
// slot.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <numeric>
#include <string>
#include <vector>

#include "heap/heap.hpp"
#include "heap/region.hpp"
#include "participants/attachment.hpp"
#include "support/registry_name.hpp"

namespace ipcarc::test {

class HeapUser final : public detail::Inhabitants {
 public:
  static constexpr std::uint32_t owners_per_slot = 16;

  explicit HeapUser(std::string_view name, std::uint64_t capacity_bytes = std::uint64_t{64} << 20,
                    const std::string& directory = {}) {
    Options options;
    options.capacity_bytes = capacity_bytes;
    options.max_objects = 256 * owners_per_slot;
    options.directory = directory;
    if (capacity_bytes < (std::uint64_t{4} << 20)) {
      options.max_objects = 64;
    }
    attachment_ = std::move(
        detail::Attachment::open(name, options, detail::OpenMode::open_or_create, [](const auto&) {
          return false;
        }).attachment);
    heap_ = std::make_unique<detail::Heap>(*attachment_);
    attachment_->enroll(*this);
  }
  ~HeapUser() { attachment_->leave(*this); }
  HeapUser(const HeapUser&) = delete;
  HeapUser& operator=(const HeapUser&) = delete;

  detail::Heap& heap() { return *heap_; }
  detail::Segment& segment() { return attachment_->segment(); }
  detail::Attachment& attachment() { return *attachment_; }
  detail::Page& page(std::uint32_t number) { return segment().pages()[number]; }

  /// The first of this participant's owners; the next ones are its too.
  std::uint32_t owner() const { return owner_of_slot(attachment_->slot()); }
  std::byte* memory(std::uint64_t offset) { return segment().at<std::byte>(offset); }

  /// Frees what dead participants left. Returns how many were dead.
  std::uint32_t reap() { return attachment_->reap(*this).participants; }

  Stats stats() {
    Stats stats;
    heap_->add_stats(stats);
    return stats;
  }
  /// Expects a heap with nothing wrong and nothing left over.
  void expect_clean() {
    CheckReport report;
    heap_->check(report);
    EXPECT_TRUE(report.errors.empty()) << report.errors.front();
    EXPECT_TRUE(report.leftovers.empty()) << report.leftovers.front();
  }
  std::uint64_t used_bytes() { return stats().heap_bytes_used; }

 private:
  static std::uint32_t owner_of_slot(std::uint32_t slot) { return 1 + slot * owners_per_slot; }

  void reap_slot(std::uint32_t slot, ReapReport& report) override {
    std::vector<std::uint32_t> owners(owners_per_slot);
    std::iota(owners.begin(), owners.end(), owner_of_slot(slot));
    report.blocks += heap_->free_owned_by(owners);
    heap_->drop_claims(slot);
  }
  bool anything_pinned() override { return false; }
  void fork_lock() noexcept override { heap_->fork_lock(); }
  void fork_hold_for(std::uint32_t) noexcept override {}
  void fork_unlock(bool child) noexcept override { heap_->fork_unlock(child); }

  std::unique_ptr<detail::Attachment> attachment_;
  std::unique_ptr<detail::Heap> heap_;
};

/// Bytes that show who wrote them, checked and cleared by whom the block belongs to.
class Pattern {
 public:
  static void write(std::byte* memory, std::uint64_t bytes, std::uint64_t mark) {
    word(memory) = mark;
    word(memory + (bytes - 8) / 8 * 8) = ~mark;
  }
  static bool matches(std::byte* memory, std::uint64_t bytes, std::uint64_t mark) {
    return word(memory) == mark && word(memory + (bytes - 8) / 8 * 8) == ~mark;
  }

 private:
  static std::uint64_t& word(std::byte* memory) {
    return *reinterpret_cast<std::uint64_t*>(memory);
  }
};

}  // namespace ipcarc::test
