// The machine, as doctor examines it.
#include <fcntl.h>
#include <linux/magic.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>

#include <fmt/format.h>

#include "ipcarc/doctor.hpp"
#include "ipcarc/text.hpp"

namespace ipcarc::tool {
namespace {

namespace fs = std::filesystem;

std::string text_of(const fs::path& path) {
  std::ifstream stream(path);
  return {std::istreambuf_iterator<char>(stream), {}};
}

void examine_filesystem(const std::string& directory, std::vector<Diagnosis>& found) {
  const std::string subject = printable(directory);
  struct statfs status {};
  if (::statfs(directory.c_str(), &status) != 0) {
    found.push_back({Health::bad, subject, std::generic_category().message(errno),
                     "make the directory, or name another by --dir or IPCARC_DIR"});
    return;
  }
  const auto block = static_cast<std::uint64_t>(status.f_bsize);
  const std::uint64_t size = status.f_blocks * block;
  const std::uint64_t left = status.f_bavail * block;
  const bool tight = left < (std::uint64_t{64} << 20) || left < size / 10;
  found.push_back(
      {tight ? Health::warning : Health::good, subject,
       fmt::format("{} free of {}", size_text(left), size_text(size)),
       tight ? "end what fills it (`ipcarc ls`, `ipcarc reap`), or make it larger: mount -o "
               "remount,size=SIZE " +
                   subject + "; in a container --shm-size SIZE"
             : ""});
  if (status.f_type != TMPFS_MAGIC) {
    found.push_back({Health::warning, subject, "no tmpfs: changes are written to a disk",
                     "use a tmpfs, such as /dev/shm, unless that is wanted"});
  }
  // An unnamed file, as a registry is born in; it is gone when it is closed.
  const int file = ::open(directory.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  if (file >= 0) {
    ::close(file);
    found.push_back({Health::good, subject, "registries can be created here", {}});
  } else {
    const int error = errno;
    const bool unable = error == EOPNOTSUPP || error == EISDIR;
    found.push_back(
        {Health::bad, subject,
         unable ? "the filesystem has no unnamed files (O_TMPFILE)"
                : "no registry can be created here: " + std::generic_category().message(error),
         unable ? "use a tmpfs, such as /dev/shm"
                : "let this user write there, or name another directory by --dir or "
                  "IPCARC_DIR"});
  }
}

std::string limit_text(rlim_t limit, bool bytes) {
  return limit == RLIM_INFINITY ? "unlimited" : bytes ? size_text(limit) : std::to_string(limit);
}

void examine_limits(std::vector<Diagnosis>& found) {
  rlimit files{};
  ::getrlimit(RLIMIT_NOFILE, &files);
  const bool few = files.rlim_cur < 256;
  found.push_back({few ? Health::warning : Health::good, "open files (RLIMIT_NOFILE)",
                   limit_text(files.rlim_cur, false),
                   few ? "ulimit -n 1024: a registry needs one, and one more for each fork" : ""});
  struct Bytes {
    __rlimit_resource_t resource;
    const char* name;
    const char* cure;
  };
  for (const Bytes& one :
       {Bytes{RLIMIT_AS, "address space (RLIMIT_AS)",
              "ulimit -v unlimited, or a smaller Options::capacity_bytes: a registry is mapped "
              "whole"},
        Bytes{
            RLIMIT_FSIZE, "file size (RLIMIT_FSIZE)",
            "ulimit -f unlimited, or a smaller Options::capacity_bytes: a registry's file has its "
            "full size from the start"}}) {
    rlimit limit{};
    ::getrlimit(one.resource, &limit);
    const bool bounded = limit.rlim_cur != RLIM_INFINITY;
    found.push_back({bounded ? Health::warning : Health::good, one.name,
                     limit_text(limit.rlim_cur, true), bounded ? one.cure : ""});
  }
}

// What the kernel answers when it is asked to make a huge page of a file there, as the library asks for each 2 MiB of a large registry. 0, or
// the errno of its refusal; nothing if there is no room to ask.
std::optional<int> ask_for_huge_page(const std::string& directory) {
  constexpr std::size_t huge = std::size_t{2} << 20;
  constexpr int madv_collapse = 25;
  constexpr int madv_populate_read = 22;  // kernels before 6.6 want a page table
  const int file = ::open(directory.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  if (file < 0) {
    return std::nullopt;
  }
  std::optional<int> answer;
  void* const room = ::mmap(nullptr, 2 * huge, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (room != MAP_FAILED) {
    const auto aside = huge - reinterpret_cast<std::uintptr_t>(room) % huge;
    void* const at = static_cast<std::byte*>(room) + aside;
    if (::ftruncate(file, static_cast<off_t>(huge)) == 0 && ::fallocate(file, 0, 0, 4096) == 0 &&
        ::mmap(at, huge, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, file, 0) == at) {
      ::madvise(at, 4096, madv_populate_read);
      answer = ::madvise(at, huge, madv_collapse) == 0 ? 0 : errno;
    }
    ::munmap(room, 2 * huge);
  }
  ::close(file);
  return answer;
}

void examine_huge_pages(const std::string& directory, std::vector<Diagnosis>& found) {
  const std::optional<int> refusal = ask_for_huge_page(directory);
  if (!refusal) {
    return;  // that no file can be made there is told already
  }
  std::string text = "large registries get them";
  if (*refusal == EINVAL) {
    text =
        "none here: large registries are read slower; the kernel makes them from Linux 6.1 on, on "
        "a "
        "tmpfs, unless /sys/kernel/mm/transparent_hugepage/shmem_enabled says deny";
  } else if (*refusal != 0) {
    text = "none at this moment: " + std::generic_category().message(*refusal);
  }
  found.push_back({Health::good, "huge pages for shared memory", text, {}});
}

// systemd-logind removes the shared memory of users who are not system users, at their last logout.
void examine_remove_ipc(const std::string& directory, std::vector<Diagnosis>& found) {
  constexpr unsigned first_real_user = 1000;
  std::error_code error;
  if (!fs::exists("/run/systemd/system", error) || ::geteuid() < first_real_user ||
      !directory.starts_with("/dev/shm")) {
    return;
  }
  std::vector<fs::path> files;
  for (const char* const place : {"/usr/lib/systemd/logind.conf.d", "/run/systemd/logind.conf.d",
                                  "/etc/systemd/logind.conf.d"}) {
    for (const auto& entry : fs::directory_iterator(place, error)) {
      if (entry.path().extension() == ".conf") {
        files.push_back(entry.path());
      }
    }
  }
  std::sort(files.begin(), files.end(),
            [](const fs::path& a, const fs::path& b) { return a.filename() < b.filename(); });
  bool removes = removes_ipc(text_of("/etc/systemd/logind.conf"), true);
  for (const fs::path& file : files) {
    removes = removes_ipc(text_of(file), removes);
  }
  found.push_back(
      {removes ? Health::warning : Health::good, "systemd's RemoveIPC",
       removes ? "this user's registries vanish at the last logout" : "off",
       removes ? "RemoveIPC=no in /etc/systemd/logind.conf, or run services as a system user"
               : ""});
}

}  // namespace

bool removes_ipc(std::string_view configuration, bool otherwise) {
  constexpr std::string_view key = "RemoveIPC=";
  bool removes = otherwise;
  for (std::size_t begin = 0; begin < configuration.size();) {
    const std::size_t end = std::min(configuration.find('\n', begin), configuration.size());
    const std::string_view line = configuration.substr(begin, end - begin);
    if (line.starts_with(key)) {
      const std::string_view value = line.substr(key.size());
      removes = value == "yes" || value == "true" || value == "on" || value == "1";
    }
    begin = end + 1;
  }
  return removes;
}

void examine_machine(const Session& session, std::vector<Diagnosis>& found) {
  examine_filesystem(session.directory(), found);
  examine_limits(found);
  examine_huge_pages(session.directory(), found);
  examine_remove_ipc(session.directory(), found);
}

}  // namespace ipcarc::tool
