// The source tree as the tidy tests read it: paths relative to its root, with '/' between the
// parts.
#pragma once

#include <string>
#include <vector>

namespace tidy {

/// A file's path and its text.
struct File {
  std::string path;
  std::string text;

  bool is_code() const { return path.ends_with(".hpp") || path.ends_with(".cpp"); }
};

/// Every text file that people write, in the order of their paths; build folders and other people's
/// formats are not.
const std::vector<File>& files();

/// The text of the file at `path`; empty if there is none.
std::string text_of(const std::string& path);

/// Whether there is a file or folder at `path`.
bool exists(const std::string& path);

/// `text` cut at its line feeds; what follows the last one is a line only if it is not empty.
std::vector<std::string> lines_of(const std::string& text);

}  // namespace tidy
