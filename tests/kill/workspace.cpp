#include "workspace.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <system_error>

namespace ipcarc::kill {
namespace {

[[noreturn]] void fail(const std::string& what) {
  throw std::system_error(errno, std::generic_category(), what);
}

class File {
 public:
  File(const std::string& path, int flags) : fd_(::open(path.c_str(), flags | O_CLOEXEC, 0600)) {
    if (fd_ < 0) {
      fail(path);
    }
  }
  ~File() { ::close(fd_); }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  int fd() const { return fd_; }

 private:
  int fd_;
};

}  // namespace

Workspace::Workspace(const std::string& folder)
    : folder_(folder), path_(folder + "/ipcarc." + registry_name) {
  std::filesystem::create_directories(folder_);
}

Options Workspace::options() const {
  Options options;
  options.directory = folder_;
  options.capacity_bytes = 256 * 1024;
  options.max_objects = 32;
  return options;
}

bool Workspace::exists() const {
  return ::access(path_.c_str(), F_OK) == 0;
}

std::size_t Workspace::strangers() const {
  std::size_t count = 0;
  for (const auto& file : std::filesystem::directory_iterator(folder_)) {
    count += file.path() == path_ ? 0U : 1U;
  }
  return count;
}

Snapshot Workspace::capture() const {
  Snapshot snapshot;
  if (!exists()) {
    return snapshot;
  }
  const File file(path_, O_RDONLY);
  struct stat status {};
  ::fstat(file.fd(), &status);
  snapshot.size = static_cast<std::uint64_t>(status.st_size);
  for (off_t at = 0;;) {
    const off_t data = ::lseek(file.fd(), at, SEEK_DATA);
    if (data < 0) {
      break;
    }
    at = ::lseek(file.fd(), data, SEEK_HOLE);
    Snapshot::Extent extent{static_cast<std::uint64_t>(data),
                            std::vector<char>(static_cast<std::size_t>(at - data))};
    if (::pread(file.fd(), extent.bytes.data(), extent.bytes.size(), data) !=
        static_cast<ssize_t>(extent.bytes.size())) {
      fail("pread");
    }
    snapshot.extents.push_back(std::move(extent));
  }
  return snapshot;
}

void Workspace::restore(const Snapshot& snapshot) const {
  ::unlink(path_.c_str());
  if (snapshot.size == 0) {
    return;
  }
  const File file(path_, O_RDWR | O_CREAT | O_EXCL);
  if (::ftruncate(file.fd(), static_cast<off_t>(snapshot.size)) != 0) {
    fail("ftruncate");
  }
  for (const Snapshot::Extent& extent : snapshot.extents) {
    if (::pwrite(file.fd(), extent.bytes.data(), extent.bytes.size(),
                 static_cast<off_t>(extent.offset)) != static_cast<ssize_t>(extent.bytes.size())) {
      fail("pwrite");
    }
  }
}

}  // namespace ipcarc::kill
