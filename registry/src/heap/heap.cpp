#include "heap/heap.hpp"

#include <algorithm>

#include "heap/arena_ops.hpp"

namespace ipcarc::detail {

Heap::Heap(Attachment& attachment)
    : attachment_(attachment),
      table_(attachment.segment()),
      runs_(attachment),
      blocks_(attachment, runs_),
      mapped_(register_mapped(*this)) {}

Heap::~Heap() {
  unregister_mapped(mapped_);
}

void Heap::out_of_memory(std::uint64_t bytes, const std::string& reason) const {
  throw Error(Errc::out_of_memory, "registry '" + segment().registry_name() + "': no memory for " +
                                       std::to_string(bytes) + " bytes: " + reason);
}

std::uint64_t Heap::allocate(std::uint64_t bytes, std::uint32_t owner) {
  std::uint64_t usable_bytes = 0;
  return allocate(bytes, owner, usable_bytes);
}

std::uint64_t Heap::allocate(std::uint64_t bytes, std::uint32_t owner,
                             std::uint64_t& usable_bytes) {
  if (bytes <= table_.max_small_bytes()) {
    const unsigned size_class = class_for(std::max<std::uint64_t>(bytes, 1));
    const std::uint64_t offset = blocks_.allocate_recent(size_class, owner);
    if (offset != 0) [[likely]] {
      usable_bytes = class_sizes[size_class].bytes;
      return offset;
    }
    return allocate_block(bytes, owner, usable_bytes);
  }
  return allocate_run(bytes, owner, usable_bytes);
}

std::uint64_t Heap::allocate_block(std::uint64_t bytes, std::uint32_t owner,
                                   std::uint64_t& usable_bytes) {
  std::string reason;
  unsigned size_class = class_for(std::max<std::uint64_t>(bytes, 1));
  const std::uint64_t offset = blocks_.allocate(size_class, owner, reason);
  if (offset == 0) {
    out_of_memory(bytes, reason);
  }
  usable_bytes = class_sizes[size_class].bytes;
  return offset;
}

std::uint64_t Heap::allocate_run(std::uint64_t bytes, std::uint32_t owner,
                                 std::uint64_t& usable_bytes) {
  std::string reason;
  const std::uint64_t pages = (bytes - 1) / table_.page_bytes() + 1;
  if (pages > std::min(table_.page_count(), PageWord::max_run_pages)) {
    out_of_memory(bytes, "its whole heap is smaller");
  }
  const auto head = runs_.allocate(static_cast<std::uint32_t>(pages), owner, reason);
  if (!head) {
    out_of_memory(bytes, reason);
  }
  usable_bytes = pages * table_.page_bytes();
  return table_.page_offset(*head);
}

/// What starts at `offset` and is in use, or corrupt_segment: the caller's offset came from the
/// segment.
BlockAt Heap::locate_start(std::uint64_t offset) const {
  const BlockAt at = table_.locate(offset);
  if (at.bytes == 0 || at.start != offset || at.owner == 0) {
    segment().corrupt("offset " + std::to_string(offset) + " is not the start of a block in use");
  }
  return at;
}

std::uint64_t Heap::usable_bytes(std::uint64_t offset) const {
  return locate_start(offset).bytes;
}

void Heap::free(std::uint64_t offset) {
  const BlockAt at = locate_start(offset);
  if (at.kind == PageKind::small) {
    blocks_.free(at.page, at.size_class, at.index);
  } else {
    runs_.free(at.page);
  }
}

std::uint32_t Heap::owner_of(std::uint64_t offset, std::uint64_t* start) const noexcept {
  const BlockAt at = table_.locate(offset);
  if (start != nullptr) {
    *start = at.start;
  }
  return at.owner;
}

std::uint64_t Heap::free_owned_by(std::span<const std::uint32_t> owners,
                                  std::span<const std::uint64_t> keep) {
  std::uint64_t freed = 0;
  const auto wanted = [&](std::uint32_t owner, std::uint64_t offset) {
    return owner != 0 && std::binary_search(owners.begin(), owners.end(), owner) &&
           !std::binary_search(keep.begin(), keep.end(), offset);
  };
  const std::uint32_t limit = table_.limit();
  for (std::uint32_t page = 0; page < limit; ++page) {
    const PageWord word = table_.word(page);
    if (table_.is_small(word)) {
      // The page may become another class's meanwhile: then none of its blocks was one of these
      // owners', whose blocks nobody else frees.
      const std::uint32_t blocks = table_.blocks_per_page(word.size_class());
      for (std::uint32_t index = 0; index < blocks; ++index) {
        // relaxed: the caller owns the entries, and came to do so after their last allocation.
        const std::uint32_t owner = table_.tags(page)[index].load(std::memory_order_relaxed);
        if (wanted(owner, table_.block_offset(page, word.size_class(), index))) {
          blocks_.free(page, word.size_class(), index);
          ++freed;
        }
      }
    } else if (table_.is_run(word, page)) {
      if (wanted(word.owner(), table_.page_offset(page))) {
        runs_.free(page);
        ++freed;
      }
      page += word.pages() - 1;
    }
  }
  return freed;
}

void Heap::drop_claims(std::uint32_t slot) {
  runs_.recover();
  blocks_.drop_claims(slot);
}

void Heap::fork_lock() noexcept {}

void Heap::fork_unlock(bool) noexcept {}

}  // namespace ipcarc::detail
