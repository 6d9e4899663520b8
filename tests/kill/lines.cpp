#include "lines.hpp"

#include <sys/mman.h>

#include <algorithm>
#include <cstring>
#include <new>

namespace ipcarc::kill {

Lines::Lines() {
  void* memory =
      ::mmap(nullptr, sizeof(Buffer), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) {
    throw std::bad_alloc();
  }
  buffer_ = static_cast<Buffer*>(memory);
}

Lines::~Lines() {
  ::munmap(buffer_, sizeof(Buffer));
}

void Lines::clear() {
  buffer_->used = 0;
  buffer_->faults = 0;
}

void Lines::add(std::string_view key, std::string_view value) {
  std::string line;
  line.append(key).append("=").append(value);
  std::replace(line.begin(), line.end(), '\n', ' ');
  line += '\n';
  if (line.size() <= sizeof(buffer_->text) - buffer_->used) {
    std::memcpy(buffer_->text + buffer_->used, line.data(), line.size());
    buffer_->used += line.size();
  }
}

void Lines::fault(std::string_view text) {
  add("fault." + std::to_string(buffer_->faults++), text);
}

std::map<std::string, std::string> Lines::read() const {
  std::map<std::string, std::string> all;
  std::string_view rest(buffer_->text, buffer_->used);
  while (!rest.empty()) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(line.size() + 1);
    const auto at = line.find('=');
    all.insert_or_assign(std::string(line.substr(0, at)), std::string(line.substr(at + 1)));
  }
  return all;
}

}  // namespace ipcarc::kill
