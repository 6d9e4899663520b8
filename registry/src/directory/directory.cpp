#include "directory/directory.hpp"

namespace ipcarc::detail {
namespace {

constexpr std::size_t freed_hints = 4096;

}  // namespace

Directory::Directory(Attachment& attachment, Heap& heap, CoreView& view)
    : attachment_(attachment),
      segment_(attachment.segment()),
      heap_(heap),
      view_(view),
      entries_(segment_.entries()),
      buckets_(segment_.buckets()),
      links_(segment_.links()),
      shards_(segment_.shards()),
      committed_(&segment_.header().entries_committed),
      bucket_mask_(segment_.geometry().bucket_count - 1),
      index_mask_(segment_.geometry().index_mask()),
      shard_mask_(segment_.geometry().shard_count - 1),
      max_objects_(segment_.geometry().max_objects),
      types_(attachment) {
  freed_.reserve(freed_hints);
}

}  // namespace ipcarc::detail
