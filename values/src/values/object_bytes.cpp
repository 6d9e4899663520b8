#include "values/object_bytes.hpp"

#include <algorithm>

namespace ipcarc::detail {
namespace {

bool covers(const BlockAt& block, std::uint32_t owner, std::uint64_t offset, std::uint64_t bytes) {
  return block.bytes != 0 && block.owner == owner && offset >= block.start &&
         offset - block.start <= block.bytes && bytes <= block.bytes - (offset - block.start);
}

/// The place of the roots, where a small value lies.
BlockAt in_entry_of(const Geometry& geometry, std::uint32_t owner) {
  BlockAt place{};
  place.start = place_in_entry(geometry, owner - 1);
  place.bytes = in_entry_bytes;
  place.owner = owner;
  return place;
}

}  // namespace

BlockAt MappedBytes::block(std::uint64_t offset, std::uint64_t bytes) const noexcept {
  if (const BlockAt place = in_entry_of(segment_.geometry(), owner_);
      covers(place, owner_, offset, bytes) && !has_region(segment_.entries()[owner_ - 1])) {
    return place;
  }
  const BlockAt found = table_.locate(offset);
  // The bit is asked too: a page word that nobody wrote may call a hole a block.
  return covers(found, owner_, offset, bytes) && segment_.committed(found.start, found.bytes)
             ? found
             : BlockAt{};
}

ObjectBytes::Window MappedBytes::window(std::uint64_t offset, std::size_t bytes) {
  const BlockAt found = block(offset, bytes);
  return {found.start, {segment_.at<const std::byte>(found.start), found.bytes}};
}

bool MappedBytes::is_object(std::uint64_t offset, std::uint64_t bytes) {
  return block(offset, bytes).bytes != 0;
}

BlockAt FileBytes::block(std::uint64_t offset, std::uint64_t bytes) const noexcept {
  if (const BlockAt place = in_entry_of(reader_.geometry(), owner_);
      in_entry_ && covers(place, owner_, offset, bytes)) {
    return place;
  }
  const BlockAt found = heap_.locate(offset);
  return covers(found, owner_, offset, bytes) ? found : BlockAt{};
}

ObjectBytes::Window FileBytes::window(std::uint64_t offset, std::size_t bytes) {
  const BlockAt found = block(offset, bytes);
  if (found.bytes == 0) {
    return {};
  }
  const std::uint64_t left = found.start + found.bytes - offset;
  buffer_.resize(std::min<std::uint64_t>(left, std::max(bytes, window_bytes)));
  reader_.read(offset, buffer_.data(), buffer_.size());
  return {offset, buffer_};
}

bool FileBytes::is_object(std::uint64_t offset, std::uint64_t bytes) {
  return block(offset, bytes).bytes != 0;
}

}  // namespace ipcarc::detail
