#include <ipcarc/detail/type_name.hpp>

#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>

#include <cxxabi.h>

namespace ipcarc::detail {

namespace {

/// `to` is shorter and does not hold `from`.
void replace_all(std::string& text, std::string_view from, std::string_view to) {
  for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from)) {
    text.replace(at, from.size(), to);
  }
}

/// Where the template argument that begins at `at` ends: at a comma or the closing bracket.
std::size_t end_of_argument(std::string_view text, std::size_t at) {
  int depth = 0;
  for (; at < text.size(); ++at) {
    const char c = text[at];
    if (c == '<' || c == '(') {
      ++depth;
    } else if (c == '>' || c == ')') {
      if (depth-- == 0) {
        return at;
      }
    } else if (c == ',' && depth == 0) {
      return at;
    }
  }
  return text.size();
}

/// Drops arguments that the standard library supplies itself.
void drop_defaults(std::string& text) {
  for (std::string_view begin :
       {", std::allocator<", ", std::char_traits<", ", std::default_delete<", ", std::less<",
        ", std::hash<", ", std::equal_to<"}) {
    for (std::size_t at = text.find(begin); at != std::string::npos; at = text.find(begin, at)) {
      text.erase(at, end_of_argument(text, at + 2) - at);
    }
  }
}

std::string demangled(const char* mangled) {
  int status = 0;
  const std::unique_ptr<char, decltype(&std::free)> text(
      abi::__cxa_demangle(mangled, nullptr, nullptr, &status), &std::free);
  return status == 0 && text ? std::string(text.get()) : std::string(mangled);
}

/// Compile time has refused most of these already; a local type of clang's may come as far as here.
bool is_private(std::string_view mangled, std::string_view name) {
  return mangled.starts_with("Z") || mangled.starts_with("NZ") || names_something_private(name) ||
         name.find("{lambda") != std::string_view::npos ||
         name.find("{unnamed") != std::string_view::npos;
}

}  // namespace

std::string name_of(const std::type_info& type) {
  std::string name = demangled(type.name());
  if (is_private(type.name(), name)) {
    std::fprintf(stderr,
                 "ipcarc: the type %s has no name that another program can mean; move it to a "
                 "named namespace\n",
                 name.c_str());
    std::abort();
  }
  constexpr std::string_view wrapper = "ipcarc::detail::NameOnly<";
  if (name.starts_with(wrapper)) {
    name = name.substr(wrapper.size(), name.rfind('>') - wrapper.size());
    while (!name.empty() && name.back() == ' ') {
      name.pop_back();
    }
  }
  replace_all(name, "std::__cxx11::", "std::");
  replace_all(name, "::_V2::", "::");
  drop_defaults(name);
  replace_all(name, "> >", ">>");
  replace_all(name, "std::basic_string<char>", "std::string");
  replace_all(name, "std::basic_string_view<char>", "std::string_view");
  return name;
}

}  // namespace ipcarc::detail
