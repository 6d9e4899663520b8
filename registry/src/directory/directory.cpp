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
      entries_(attachment.segment().entries()),
      types_(attachment) {
  freed_.reserve(freed_hints);
}

}  // namespace ipcarc::detail
