#include "places.hpp"

#include <dlfcn.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace ipcarc::kill {
namespace {

struct Image {
  std::string file;
  std::uint64_t base = 0;
  std::string symbol;
};

Image image_of(std::uint64_t address) {
  Dl_info info{};
  if (::dladdr(reinterpret_cast<void*>(address), &info) == 0) {
    return {};
  }
  Image image{info.dli_fname, reinterpret_cast<std::uint64_t>(info.dli_fbase), {}};
  if (info.dli_sname != nullptr) {
    char text[256];
    std::snprintf(
        text, sizeof text, "%s+%#lx", info.dli_sname,
        static_cast<unsigned long>(address - reinterpret_cast<std::uint64_t>(info.dli_saddr)));
    image.symbol = text;
  }
  return image;
}

std::string own_place(std::uint64_t offset) {
  char exe[512] = {};
  if (::readlink("/proc/self/exe", exe, sizeof exe - 1) <= 0) {
    return {};
  }
  char command[700];
  std::snprintf(command, sizeof command, "addr2line -Csipfe '%s' %#lx 2>/dev/null", exe,
                static_cast<unsigned long>(offset));
  std::string text;
  if (FILE* pipe = ::popen(command, "r")) {
    char* line = nullptr;
    std::size_t room = 0;
    for (int frames = 0; ::getline(&line, &room, pipe) > 0;) {
      // The library's own frames, the innermost few, without what they are called with.
      const std::string_view frame(line);
      const auto at = frame.rfind(" at ");
      if (at != frame.npos && frame.find("ipcarc::") != frame.npos && frames++ < 3) {
        text += ' ';
        text += frame.substr(0, std::min({at, frame.find('('), std::size_t{80}}));
        text += frame.substr(at, frame.find_last_not_of('\n') + 1 - at);
      }
    }
    std::free(line);
    ::pclose(pipe);
  }
  char hex[32];
  std::snprintf(hex, sizeof hex, "%#lx", static_cast<unsigned long>(offset));
  return hex + text;
}

}  // namespace

std::string place_in(std::span<const TracePoint> trace, std::uint64_t point) {
  if (point == 0) {
    return "the start";
  }
  const std::uint64_t own_base = image_of(reinterpret_cast<std::uint64_t>(&mark_begin)).base;
  const Image last = image_of(trace[point - 1].ip);
  if (last.base == own_base) {
    return own_place(trace[point - 1].ip - own_base);
  }
  std::string place = last.file.substr(last.file.rfind('/') + 1) + " " + last.symbol;
  for (std::uint64_t k = point - 1; k-- > 0;) {
    if (image_of(trace[k].ip).base == own_base) {
      return place + ", called at " + own_place(trace[k].ip - own_base);
    }
  }
  return place;
}

}  // namespace ipcarc::kill
