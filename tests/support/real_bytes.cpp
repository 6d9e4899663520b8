#include "support/real_bytes.hpp"

#include "registry/core.hpp"

namespace ipcarc::test {

std::uint64_t real_bytes(const Registry& registry, const std::string& cache) {
  detail::Core& core = detail::Core::of(detail::core_of(registry));
  std::uint64_t sum = 0;
  core.heap().for_each_block([&](std::uint64_t, std::uint64_t bytes, std::uint32_t owner) {
    const detail::State state = core.directory().state(owner - 1);
    const auto name = core.directory().name_at(owner - 1, state.generation());
    if (name && name->starts_with(cache + "/") && state.phase() == detail::Phase::live &&
        !state.leaving()) {
      sum += bytes;
    }
  });
  return sum;
}

}  // namespace ipcarc::test
