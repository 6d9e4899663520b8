// Looking at the whole heap through the mapping: without a lock, while others
// change it.
#include <algorithm>

#include "heap/heap.hpp"
#include "heap/heap_check.hpp"

namespace ipcarc::detail {

void Heap::for_each_block(
    const std::function<void(std::uint64_t, std::uint64_t, std::uint32_t)>& visit) const {
  const std::uint32_t limit = table_.limit();
  for (std::uint32_t page = 0; page < limit; ++page) {
    const PageWord word = table_.word(page);
    if (table_.is_small(word)) {
      const std::uint32_t blocks = table_.blocks_per_page(word.size_class());
      for (std::uint32_t index = 0; index < blocks; ++index) {
        // acquire: as PageTable::locate().
        const std::uint32_t owner = table_.tags(page)[index].load(std::memory_order_acquire);
        if (owner != 0) {
          visit(table_.block_offset(page, word.size_class(), index),
                class_sizes[word.size_class()].bytes, owner);
        }
      }
    } else if (table_.is_run(word, page)) {
      visit(table_.page_offset(page), std::uint64_t{word.pages()} * table_.page_bytes(),
            word.owner());
      page += word.pages() - 1;
    }
  }
}

void Heap::add_stats(Stats& stats) const {
  for_each_block([&stats](std::uint64_t, std::uint64_t bytes, std::uint32_t) {
    stats.heap_bytes_used += bytes;
  });
  stats.heap_bytes_capacity += std::uint64_t{table_.page_count()} * table_.page_bytes();
  const std::uint64_t step = segment().geometry().commit_bytes();
  const std::uint64_t end = table_.page_offset(table_.limit());
  for (std::uint64_t at = table_.page_offset(0); at < end;) {
    const std::uint64_t next = std::min(end, at / step * step + step);
    stats.heap_bytes_committed += segment().committed(at, next - at) ? next - at : 0;
    at = next;
  }
}

void Heap::check(CheckReport& report) const {
  const SegmentReader reader(segment().descriptor(), segment().geometry());
  const Standings standings(reader, attachment_.slot());
  const CheckProgress nobody_waits;
  Findings findings(report, nobody_waits, true);
  HeapCheck(reader, standings, findings).run([](const BlockAt&) {});
}

}  // namespace ipcarc::detail
