// Looking at registries that this process is not attached to.
#include <dirent.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <memory>

#include "directory/survey.hpp"
#include "ipcarc/detail/core_calls.hpp"
#include "segment/registry_file.hpp"

namespace ipcarc::detail {
namespace {

constexpr std::string_view file_prefix = "ipcarc.";

template <class F>
auto survey(std::string_view registry, const Options& options, F look) {
  const RegistryPath path = locate(registry, options.directory);
  const Descriptor file = open_to_look(path);
  const SegmentReader reader(file.get(), check_header(path, file.get()));
  Survey survey(reader);
  return look(survey, path);
}

template <class T>
T require_found(std::optional<T> found, const RegistryPath& path, std::string_view name) {
  if (!found) {
    throw Error(Errc::not_found, "registry \"" + path.name + "\": object \"" + std::string(name) +
                                     "\": expected an object of that name, found none");
  }
  return *std::move(found);
}

void check_looked_for_name(const RegistryPath& path, std::string_view name) {
  if (name.empty() || name.size() > max_name_bytes) {
    throw Error(Errc::bad_name, "registry \"" + path.name +
                                    "\": expected an object's name of 1 to 200 bytes, found " +
                                    std::to_string(name.size()));
  }
}

}  // namespace

std::vector<EntryInfo> inspect_entries(std::string_view registry, const Options& options) {
  return survey(registry, options,
                [](Survey& look, const RegistryPath&) { return look.entries(); });
}

EntryInfo inspect_entry(std::string_view registry, std::string_view name, const Options& options) {
  return survey(registry, options, [&](Survey& look, const RegistryPath& path) {
    check_looked_for_name(path, name);
    return require_found(look.find(name), path, name);
  });
}

Stats inspect_stats(std::string_view registry, const Options& options) {
  return survey(registry, options, [](Survey& look, const RegistryPath&) { return look.stats(); });
}

std::vector<ParticipantInfo> inspect_participants(std::string_view registry,
                                                  const Options& options) {
  return survey(registry, options,
                [](Survey& look, const RegistryPath&) { return look.participants(); });
}

Activity inspect_activity(std::string_view registry, const Options& options) {
  return survey(registry, options,
                [](Survey& look, const RegistryPath&) { return look.activity(); });
}

std::string inspect_layout(std::string_view registry, std::string_view name,
                           const Options& options) {
  return survey(registry, options, [&](Survey& look, const RegistryPath& path) {
    check_looked_for_name(path, name);
    return require_found(look.layout(name), path, name);
  });
}

std::vector<RegistryInfo> list_registries(const Options& options) {
  const RegistryPath place = locate("any", options.directory);
  const std::unique_ptr<DIR, int (*)(DIR*)> directory(::opendir(place.directory.c_str()),
                                                      &::closedir);
  if (!directory) {
    const std::error_code code(errno, std::generic_category());
    const std::string message =
        "directory \"" + place.directory + "\": cannot be read: " + code.message();
    if (code == std::errc::permission_denied) {
      throw Error(Errc::permission_denied, message);
    }
    throw Error(code, message);
  }
  std::vector<RegistryInfo> all;
  while (const dirent* entry = ::readdir(directory.get())) {
    const std::string_view file = entry->d_name;
    struct stat status {};
    if (!file.starts_with(file_prefix) || file.size() == file_prefix.size() ||
        file.size() - file_prefix.size() > max_name_bytes ||
        ::fstatat(::dirfd(directory.get()), entry->d_name, &status, AT_SYMLINK_NOFOLLOW) != 0 ||
        !S_ISREG(status.st_mode)) {
      continue;
    }
    RegistryInfo info;
    info.name = file.substr(file_prefix.size());
    info.path = place.directory + "/" + std::string(file);
    info.file_bytes = static_cast<std::uint64_t>(status.st_size);
    info.memory_bytes = static_cast<std::uint64_t>(status.st_blocks) * 512;
    info.owner = status.st_uid;
    info.mode = status.st_mode & 07777;
    all.push_back(std::move(info));
  }
  std::sort(all.begin(), all.end(),
            [](const RegistryInfo& a, const RegistryInfo& b) { return a.name < b.name; });
  return all;
}

}  // namespace ipcarc::detail
