#include "ipcarc/error.hpp"

#include "heap/library_copies.hpp"

namespace ipcarc {
namespace {

class Category final : public std::error_category {
 public:
  const char* name() const noexcept override { return "ipcarc"; }

  std::string message(int value) const override {
    switch (static_cast<Errc>(value)) {
      case Errc::not_found:
        return "not found";
      case Errc::already_exists:
        return "already exists";
      case Errc::type_mismatch:
        return "type mismatch";
      case Errc::wrong_mode:
        return "wrong mode";
      case Errc::poisoned:
        return "poisoned";
      case Errc::timed_out:
        return "timed out";
      case Errc::out_of_memory:
        return "out of memory";
      case Errc::too_many_objects:
        return "too many objects";
      case Errc::too_many_processes:
        return "too many processes";
      case Errc::bad_name:
        return "bad name";
      case Errc::permission_denied:
        return "permission denied";
      case Errc::incompatible_segment:
        return "incompatible segment";
      case Errc::corrupt_segment:
        return "corrupt segment";
      case Errc::decode_failed:
        return "decode failed";
    }
    return "unknown ipcarc error " + std::to_string(value);
  }
};

/// Never destroyed: an error may be looked at while the process exits.
union Lasting {
  constexpr Lasting() : category() {}
  ~Lasting() {}
  Category category;
};
constinit Lasting lasting;

/// What there is to do about an error of that code, where nothing more is known.
std::string_view next_step(Errc code) {
  switch (code) {
    case Errc::not_found:
      return "create() it, wait() for it, or see in entries() which names there are";
    case Errc::already_exists:
      return "get() it, get_or_create() it, or remove() it first";
    case Errc::type_mismatch:
      return "build both programs with the same type, or give what has a new layout a new name";
    case Errc::wrong_mode:
      return "ask for IpcArc<const T> of what was published, IpcArc<T> of what was created";
    case Errc::poisoned:
      return "reset() it, or look at it and mend it with recover()";
    case Errc::timed_out:
      return "try again, or wait longer";
    case Errc::out_of_memory:
      return "remove objects, make the filesystem larger, or create the registry anew with a "
             "larger Options::capacity_bytes";
    case Errc::too_many_objects:
      return "remove objects, or destroy() the registry and create it anew with a larger "
             "Options::max_objects";
    case Errc::too_many_processes:
      return "end some of its processes; inspect_participants() and `ipcarc stat` list them";
    case Errc::bad_name:
      return "choose a name of 1 to 200 bytes without NUL, and for a registry without '/'";
    case Errc::permission_denied:
      return "run as the file's owner, or have the owner create the registry with a wider "
             "Options::mode";
    case Errc::incompatible_segment:
      return "end the programs that use it and destroy() it, or build all of them with the same "
             "ipcarc and Boost";
    case Errc::corrupt_segment:
      return "see what is damaged with inspect() or `ipcarc check`, then destroy() it: the next "
             "open() makes a new one";
    case Errc::decode_failed:
      return "store a new value, from a program built with the same type";
  }
  return {};
}

}  // namespace

const std::error_category& detail::own_category() noexcept {
  return lasting.category;
}

const std::error_category& error_category() noexcept {
  return *detail::process_wide().category;
}

std::error_code make_error_code(Errc code) noexcept {
  return {static_cast<int>(code), error_category()};
}

Error::Error(Errc code, const std::string& message, std::string_view next)
    : Error(make_error_code(code), message, next.empty() ? next_step(code) : next) {}

Error::Error(std::error_code code, const std::string& message, std::string_view next)
    : std::system_error(code), problem_bytes_(message.size()), next_at_(message.size()) {
  if (next.empty()) {
    text_ = std::make_shared<const std::string>(message);
    return;
  }
  // A message of several lines gets one more.
  const std::string_view link = message.find('\n') == std::string::npos ? "; next: " : "\nnext: ";
  std::string text = message;
  text += link;
  text += next;
  next_at_ = message.size() + link.size();
  text_ = std::make_shared<const std::string>(std::move(text));
}

}  // namespace ipcarc
