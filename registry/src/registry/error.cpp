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

Error::Error(Errc code, const std::string& message) : Error(make_error_code(code), message) {}

Error::Error(std::error_code code, const std::string& message)
    : std::system_error(code), message_(std::make_shared<const std::string>(message)) {}

}  // namespace ipcarc
