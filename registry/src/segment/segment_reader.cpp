#include "segment/segment_reader.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "segment/system_retry.hpp"

namespace ipcarc::detail {

bool SegmentReader::read(std::uint64_t offset, void* into, std::size_t bytes) const noexcept {
  const NoCancel no_cancel;
  auto* to = static_cast<std::byte*>(into);
  while (bytes != 0) {
    const ssize_t count =
        offset <= max_segment_bytes ? ::pread(fd_, to, bytes, static_cast<off_t>(offset)) : 0;
    if (count < 0 && errno == EINTR) {
      continue;
    }
    if (count <= 0) {
      std::memset(to, 0, bytes);
      return false;
    }
    to += count;
    offset += static_cast<std::uint64_t>(count);
    bytes -= static_cast<std::size_t>(count);
  }
  return true;
}

bool SegmentReader::committed(std::uint64_t offset, std::uint64_t bytes) const noexcept {
  if (offset > geometry_.file_bytes || bytes > geometry_.file_bytes - offset) {
    return false;
  }
  if (bytes == 0) {
    return true;
  }
  const std::uint64_t last = (offset + bytes - 1) >> geometry_.commit_shift;
  for (std::uint64_t step = offset >> geometry_.commit_shift; step <= last;) {
    const auto word = at<std::uint64_t>(geometry_.commit_map + step / 64 * sizeof(std::uint64_t));
    for (const std::uint64_t end = std::min(last + 1, (step / 64 + 1) * 64); step < end; ++step) {
      if ((word >> (step % 64) & 1) == 0) {
        return false;
      }
    }
  }
  return true;
}

std::uint64_t SegmentReader::next_data(std::uint64_t offset) const noexcept {
  const off_t data = ::lseek(fd_, static_cast<off_t>(offset), SEEK_DATA);
  if (data >= 0) {
    return static_cast<std::uint64_t>(data);
  }
  // ENXIO: only a hole is left, or nothing. Else the filesystem cannot tell.
  return errno == ENXIO ? std::max(offset, std::max(file_bytes(), geometry_.file_bytes)) : offset;
}

std::uint64_t SegmentReader::file_bytes() const noexcept {
  struct stat status {};
  return ::fstat(fd_, &status) == 0 ? static_cast<std::uint64_t>(status.st_size) : 0;
}

}  // namespace ipcarc::detail
