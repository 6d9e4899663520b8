#include "source_tree.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string_view>

namespace tidy {
namespace {

namespace fs = std::filesystem;

const fs::path root = IPCARC_SOURCE_DIR;

constexpr std::array<std::string_view, 12> folders = {
    ".ci",   "bench", "cmake",         "containers", "docs",    "values",
    "tests", "tools", "serialization", "registry",   "samples", "cache"};

constexpr std::array<std::string_view, 11> extensions = {
    ".hpp", ".cpp", ".md", ".txt", ".cmake", ".sh", ".in", ".pml", ".bash", ".1", ""};

std::string read(const fs::path& path) {
  std::ifstream stream(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

bool is_written_by_people(const fs::path& path) {
  return std::ranges::find(extensions, path.extension().string()) != extensions.end();
}

void add(std::vector<File>& to, const fs::path& path) {
  std::string text = read(path);
  if (text.find('\0') == std::string::npos) {
    to.push_back({path.lexically_relative(root).generic_string(), std::move(text)});
  }
}

std::vector<File> read_all() {
  std::vector<File> result;
  for (const auto& entry : fs::directory_iterator(root)) {
    // In a worktree .git is a file, and leads to the repository.
    if (entry.is_regular_file() && is_written_by_people(entry.path()) &&
        entry.path().filename() != ".git") {
      add(result, entry.path());
    }
  }
  for (const std::string_view folder : folders) {
    if (!fs::is_directory(root / folder)) {
      continue;
    }
    for (const auto& entry : fs::recursive_directory_iterator(root / folder)) {
      if (entry.is_regular_file() && is_written_by_people(entry.path())) {
        add(result, entry.path());
      }
    }
  }
  std::ranges::sort(result, {}, &File::path);
  return result;
}

}  // namespace

const std::vector<File>& files() {
  static const std::vector<File> all = read_all();
  return all;
}

std::string text_of(const std::string& path) {
  return read(root / path);
}

bool exists(const std::string& path) {
  return fs::exists(root / path);
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> result;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    result.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return result;
}

}  // namespace tidy
