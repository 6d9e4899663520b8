#include "support/small_filesystem.hpp"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <stdexcept>

namespace ipcarc::test {
namespace {

void write_text(const char* path, const std::string& text) {
  std::ofstream(path) << text;
}

// A mount namespace of its own; by way of a user namespace if the user is not root.
bool enter_namespace() {
  static const bool entered = [] {
    const uid_t uid = ::geteuid();
    const gid_t gid = ::getegid();
    if (::unshare(CLONE_NEWNS) != 0) {
      if (::unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0) {
        return false;
      }
      write_text("/proc/self/setgroups", "deny");
      write_text("/proc/self/uid_map", std::to_string(uid) + " " + std::to_string(uid) + " 1");
      write_text("/proc/self/gid_map", std::to_string(gid) + " " + std::to_string(gid) + " 1");
    }
    return ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0;
  }();
  return entered;
}

}  // namespace

std::unique_ptr<SmallFilesystem> SmallFilesystem::mount(std::uint64_t bytes) {
  if (!enter_namespace()) {
    return nullptr;
  }
  char path[] = "/tmp/ipcarc-test.XXXXXX";
  if (::mkdtemp(path) == nullptr) {
    return nullptr;
  }
  const std::string size = "size=" + std::to_string(bytes);
  if (::mount("tmpfs", path, "tmpfs", MS_NOSUID | MS_NODEV, size.c_str()) != 0) {
    ::rmdir(path);
    return nullptr;
  }
  return std::unique_ptr<SmallFilesystem>(new SmallFilesystem(path));
}

SmallFilesystem::~SmallFilesystem() {
  ::umount2(path_.c_str(), MNT_DETACH);
  ::rmdir(path_.c_str());
}

std::uint64_t SmallFilesystem::free_bytes() const {
  struct statvfs space {};
  return ::statvfs(path_.c_str(), &space) == 0 ? std::uint64_t{space.f_bavail} * space.f_frsize : 0;
}

void SmallFilesystem::fill(std::uint64_t left) const {
  const std::uint64_t available = free_bytes();
  const int fd = ::open((path_ + "/filler").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  const off_t end = ::lseek(fd, 0, SEEK_END);
  if (fd < 0 || available < left ||
      (available > left && ::fallocate(fd, 0, end, static_cast<off_t>(available - left)) != 0)) {
    throw std::runtime_error("cannot fill the small filesystem");
  }
  ::close(fd);
}

void SmallFilesystem::drain() const {
  ::unlink((path_ + "/filler").c_str());
}

}  // namespace ipcarc::test
