#include "segment/image_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <system_error>

#ifndef XXH_INLINE_ALL
#define XXH_INLINE_ALL
#endif
#include <xxhash.h>

#include "ipcarc/error.hpp"

namespace ipcarc::detail {
namespace {

constexpr std::size_t buffer_bytes = std::size_t{1} << 20;

std::string directory_of(const std::string& path) {
  const auto slash = path.rfind('/');
  return slash == std::string::npos ? "." : slash == 0 ? "/" : path.substr(0, slash);
}

[[noreturn]] void fail_with(const std::string& path, int errno_value, const char* action) {
  const std::error_code code(errno_value, std::generic_category());
  throw Error(code, "file \"" + path + "\": cannot " + action + ": " + code.message());
}

}  // namespace

struct RunningChecksum::State {
  alignas(64) XXH3_state_t xxh3;
};

RunningChecksum::RunningChecksum() : state_(new State) {
  XXH3_64bits_reset(&state_->xxh3);
}

RunningChecksum::~RunningChecksum() = default;

void RunningChecksum::add(const void* bytes, std::size_t count) noexcept {
  XXH3_64bits_update(&state_->xxh3, bytes, count);
}

std::uint64_t RunningChecksum::value() const noexcept {
  return XXH3_64bits_digest(&state_->xxh3);
}

// --- writing ----------------------------------------------------------------------------------------------------------

ImageWriter::ImageWriter(std::string path) : path_(std::move(path)), beside_(path_ + ".new") {
  buffer_.reserve(buffer_bytes);
  struct stat status {};
  if (::stat(path_.c_str(), &status) == 0 && !S_ISREG(status.st_mode)) {
    fail(S_ISDIR(status.st_mode) ? EISDIR : EEXIST, "replace what is no regular file");
  }
  file_.reset(::open(directory_of(path_).c_str(), O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600));
  if (!file_ && (errno == EOPNOTSUPP || errno == EISDIR)) {
    ::unlink(beside_.c_str());  // the leaving of one that was killed
    file_.reset(
        ::open(beside_.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_NOFOLLOW | O_CLOEXEC, 0600));
    named_ = static_cast<bool>(file_);
  }
  if (!file_) {
    fail(errno, "make it");
  }
}

ImageWriter::~ImageWriter() {
  if (named_) {
    ::unlink(beside_.c_str());
  }
}

void ImageWriter::fail(int errno_value, const char* action) const {
  fail_with(path_, errno_value, action);
}

void ImageWriter::flush() {
  checksum_.add(buffer_.data(), buffer_.size());
  for (std::size_t at = 0; at < buffer_.size();) {
    const ssize_t count = ::write(file_.get(), buffer_.data() + at, buffer_.size() - at);
    if (count < 0 && errno != EINTR) {
      fail(errno, "write it");
    }
    at += count > 0 ? static_cast<std::size_t>(count) : 0;
  }
  written_ += buffer_.size();
  buffer_.clear();
}

void ImageWriter::write(const void* bytes, std::size_t count) {
  const auto* from = static_cast<const std::byte*>(bytes);
  while (count != 0) {
    const std::size_t here = std::min(count, buffer_bytes - buffer_.size());
    buffer_.insert(buffer_.end(), from, from + here);
    from += here;
    count -= here;
    if (buffer_.size() == buffer_bytes) {
      flush();
    }
  }
}

std::uint64_t ImageWriter::finish() {
  flush();
  put(checksum_.value());
  flush();
  if (::fsync(file_.get()) != 0 && errno != EINVAL) {
    fail(errno, "make it durable");
  }
  give_name();
  return written_;
}

void ImageWriter::give_name() {
  if (!named_) {
    char link[32];
    std::snprintf(link, sizeof(link), "/proc/self/fd/%d", file_.get());
    if (::linkat(AT_FDCWD, link, AT_FDCWD, path_.c_str(), AT_SYMLINK_FOLLOW) == 0) {
      return;
    }
    if (errno != EEXIST) {
      fail(errno, "give it its name");
    }
    ::unlink(beside_.c_str());
    if (::linkat(AT_FDCWD, link, AT_FDCWD, beside_.c_str(), AT_SYMLINK_FOLLOW) != 0) {
      fail(errno, "give it a name");
    }
    named_ = true;
  }
  // killed here: the old file under its name, and the new one whole beside it.
  if (::rename(beside_.c_str(), path_.c_str()) != 0) {
    fail(errno, "put it in the old one's place");
  }
  named_ = false;
}

// --- reading ----------------------------------------------------------------------------------------------------------

ImageReader::ImageReader(std::string path, std::uint64_t magic) : path_(std::move(path)) {
  // Without O_NONBLOCK the opening of a pipe would wait.
  file_.reset(::open(path_.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat status {};
  if (!file_ || ::fstat(file_.get(), &status) != 0) {
    if (errno == ENOENT) {
      throw Error(Errc::not_found, "file \"" + path_ + "\": there is none",
                  "name a file that Registry::dump() or `ipcarc dump` wrote");
    }
    fail(errno, "open it");
  }
  if (!S_ISREG(status.st_mode)) {
    incompatible("expected a regular file");
  }
  const auto bytes = static_cast<std::uint64_t>(status.st_size);
  std::uint64_t word = 0;
  if (read_at(0, &word, sizeof word) != sizeof word || word != magic) {
    incompatible("expected a dump of a registry, found something else");
  }
  end_ = bytes - sizeof word;
  RunningChecksum checksum;
  std::vector<std::byte> buffer(buffer_bytes);
  for (std::uint64_t at = 0; at < end_;) {
    const std::size_t wanted = std::min<std::uint64_t>(buffer.size(), end_ - at);
    const std::size_t count = read_at(at, buffer.data(), wanted);
    if (count != wanted) {
      damaged("it was cut short while it was read");
    }
    checksum.add(buffer.data(), count);
    at += count;
  }
  if (read_at(end_, &word, sizeof word) != sizeof word || word != checksum.value()) {
    damaged("its checksum does not match: it is damaged, or cut short");
  }
}

std::size_t ImageReader::read_at(std::uint64_t offset, void* into, std::size_t count) const {
  auto* to = static_cast<std::byte*>(into);
  std::size_t done = 0;
  while (done < count) {
    const ssize_t here =
        ::pread(file_.get(), to + done, count - done, static_cast<off_t>(offset + done));
    if (here < 0 && errno != EINTR) {
      fail(errno, "read it");
    }
    if (here == 0) {
      break;
    }
    done += here > 0 ? static_cast<std::size_t>(here) : 0;
  }
  return done;
}

void ImageReader::read(void* into, std::size_t count) {
  if (count > left() || read_at(at_, into, count) != count) {
    damaged("it ends in the middle of a record");
  }
  at_ += count;
}

void ImageReader::fail(int errno_value, const char* action) const {
  fail_with(path_, errno_value, action);
}

void ImageReader::damaged(const std::string& what) const {
  throw Error(Errc::corrupt_segment, "file \"" + path_ + "\": " + what,
              "dump the registry again; of this file nothing is used");
}

void ImageReader::incompatible(const std::string& what) const {
  throw Error(
      Errc::incompatible_segment, "file \"" + path_ + "\": " + what,
      "load what Registry::dump() or `ipcarc dump` of the same version wrote, on the same kind of "
      "machine");
}

}  // namespace ipcarc::detail
