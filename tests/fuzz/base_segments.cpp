#include "fuzz/base_segments.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>

#include "layout/tables.hpp"

namespace ipcarc::fuzz {
namespace {

[[noreturn]] void give_up(const char* what) {
  std::perror(what);
  std::abort();
}

Options options_of(std::size_t which, const std::string& directory) {
  Options options;
  options.directory = directory;
  options.capacity_bytes = which % 2 == 0 ? 256 * 1024 : 8 * 1024 * 1024;
  options.max_objects = which % 2 == 0 ? 24 : 64;
  return options;
}

/// Runs `body` in a child that ends by SIGKILL, at the latest when `body` returns.
void die_in(const std::function<void()>& body) {
  const pid_t pid = ::fork();
  if (pid < 0) {
    give_up("fork");
  }
  if (pid == 0) {
    try {
      body();
    } catch (const Error& error) {
      std::fprintf(stderr, "while the base segments are made: %s\n", error.what());
      ::_exit(1);
    }
    ::kill(::getpid(), SIGKILL);
  }
  int status = 0;
  if (::waitpid(pid, &status, 0) != pid || !WIFSIGNALED(status)) {
    give_up("a child that was to be killed");
  }
}

void die() {
  ::kill(::getpid(), SIGKILL);
}

void populate(Registry& registry) {
  registry.create<int>("number", 1).pin();
  registry.create<std::atomic<std::uint64_t>>("sync", std::uint64_t{1}).pin();
  const auto settings = registry.create<Settings>("settings");
  settings.pin();
  {
    auto guard = settings.acquire();
    for (int i = 0; i < 12; ++i) {
      guard->peers.push_back("a peer whose name does not fit in the string itself");
    }
  }
  settings.update([](Settings& value) { value.port = 9090; });
  registry.create<Block>("block").pin();
  registry.create<Point>(std::string(150, 'n'), 1U, 2U).pin();
  registry.publish<Point>("frozen", 1U, 2U);
  registry.publish<Settings>("frozen settings");
}

/// Ends the process with the registry in use, and others dead in it.
void populate_and_die(const Options& options) {
  Registry registry = Registry::open(registry_name, options);
  populate(registry);
  die_in([&] {
    auto guard = registry.get<Settings>("settings").acquire();
    guard->peers.push_back("a peer of the one who died while he had the guard");
    die();
  });
  die_in([&] {
    registry.create<Settings>("unborn", [] {
      die();
      return Settings{};
    });
  });
  die_in([&] {
    registry.get_or_compute<Settings>("reserved", [] {
      die();
      return Settings{};
    });
  });
  const auto held = registry.create<int>("held by the dead", 1);
  const auto removed = registry.create<int>("removed", 1);
  registry.remove("removed");
  die();
}

void find_blocks(Image& image) {
  using detail::Entry;
  for (std::uint64_t i = 0; i < image.geometry.max_objects; ++i) {
    const std::uint64_t entry = image.geometry.entries + i * sizeof(Entry);
    // Of 4 bytes each, two to a word.
    const auto payload_offset =
        static_cast<std::uint32_t>(image.word(entry + offsetof(Entry, payload_offset)));
    const std::uint64_t kind = image.word(entry + offsetof(Entry, creator_pid)) >> 32;
    if (payload_offset == detail::in_entry) {
      continue;
    }
    const bool with_arena = kind == static_cast<std::uint64_t>(detail::PayloadKind::arena);
    for (std::uint64_t slot = 0; slot < 2; ++slot) {
      std::uint64_t block =
          image.word(entry + offsetof(Entry, root) + slot * sizeof(std::uint64_t));
      while (block != 0) {
        image.blocks.push_back({block, with_arena ? sizeof(detail::ChunkHeader) : 0});
        block = with_arena ? image.word(block + offsetof(detail::ChunkHeader, next)) : 0;
      }
    }
  }
}

Image read_image(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  struct stat status {};
  if (fd < 0 || ::fstat(fd, &status) != 0) {
    give_up(path.c_str());
  }
  Image image;
  image.file_bytes = static_cast<std::uint64_t>(status.st_size);
  for (off_t at = 0; (at = ::lseek(fd, at, SEEK_DATA)) >= 0;) {
    const off_t end = ::lseek(fd, at, SEEK_HOLE);
    std::vector<std::byte> bytes(static_cast<std::size_t>(end - at));
    if (::pread(fd, bytes.data(), bytes.size(), at) != static_cast<ssize_t>(bytes.size())) {
      give_up("pread");
    }
    image.pieces.emplace_back(static_cast<std::uint64_t>(at), std::move(bytes));
    at = end;
  }
  detail::Header header;
  std::memcpy(static_cast<void*>(&header), image.pieces.front().second.data(), sizeof header);
  image.geometry = header.geometry;
  find_blocks(image);
  ::close(fd);
  ::unlink(path.c_str());
  return image;
}

std::vector<Image> make_all(const std::string& directory) {
  std::vector<Image> images;
  for (std::size_t which = 0; which < base_count; ++which) {
    const Options options = options_of(which, directory);
    // In a process of its own, so that nobody here is attached.
    die_in([&] {
      if (which < 2) {
        Registry registry = Registry::open(registry_name, options);
        populate(registry);
      } else {
        populate_and_die(options);
      }
    });
    images.push_back(read_image(directory + "/ipcarc." + registry_name));
  }
  return images;
}

}  // namespace

std::byte* Image::at(std::uint64_t offset, std::size_t bytes) {
  for (auto& [start, content] : pieces) {
    if (offset >= start && offset - start <= content.size() &&
        content.size() - (offset - start) >= bytes) {
      return content.data() + (offset - start);
    }
  }
  return nullptr;
}

std::uint64_t Image::word(std::uint64_t offset) {
  std::uint64_t value = 0;
  if (const std::byte* const from = at(offset, sizeof value)) {
    std::memcpy(&value, from, sizeof value);
  }
  return value;
}

void Image::write(const std::string& path) const {
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0 || ::ftruncate(fd, static_cast<off_t>(file_bytes)) != 0) {
    give_up(path.c_str());
  }
  for (const auto& [offset, bytes] : pieces) {
    if (::pwrite(fd, bytes.data(), bytes.size(), static_cast<off_t>(offset)) !=
        static_cast<ssize_t>(bytes.size())) {
      give_up("pwrite");
    }
  }
  ::close(fd);
}

const Image& base_segment(std::size_t which, const std::string& directory) {
  static const std::vector<Image> images = make_all(directory);
  return images[which % base_count];
}

}  // namespace ipcarc::fuzz
