#include "fuzz/blob_exercise.hpp"

#include <algorithm>
#include <cstring>

#include "serialization/example_types.hpp"
#include "serialization/stored_blob.hpp"
#include "support/counted_memory.hpp"
#include "support/registry_name.hpp"

namespace ipcarc::fuzz {
namespace {

using test::Book;
using test::Everything;
using test::Tree;
using Numbers = std::vector<std::map<int, std::vector<std::pair<bool, double>>>>;

constexpr std::uint8_t head_too = 0x80;

Options small_registry() {
  Options options;
  options.capacity_bytes = 4 << 20;
  options.max_objects = 16;
  return options;
}

struct Objects {
  test::RegistryName name{"blob_fuzz"};
  Registry registry = Registry::open(name, small_registry());
  IpcArc<Everything> everything = registry.create<Everything>("everything", test::everything());
  IpcArc<Book> book = registry.create<Book>("book", Book{{"a", {"Ulm", {1, 2}}}});
  IpcArc<Tree> tree = registry.create<Tree>("tree", test::everything().tree);
  IpcArc<Numbers> numbers = registry.create<Numbers>("numbers", Numbers{{{1, {{true, 2.0}}}}});
};

Objects& objects() {
  static Objects all;
  return all;
}

template <class Use>
void with_object(std::size_t kind, Use use) {
  switch (kind % blob_kinds) {
    case 0:
      use(objects().everything);
      break;
    case 1:
      use(objects().book);
      break;
    case 2:
      use(objects().tree);
      break;
    default:
      use(objects().numbers);
  }
}

/// Elements may be of the largest kind, and there may be a few thousand of no bytes.
constexpr std::size_t most_memory(std::size_t length) {
  return (std::size_t{4} << 20) + 512 * length;
}

template <class T>
BlobOutcome decode(const IpcArc<T>& object, std::size_t length) {
  BlobOutcome outcome;
  const test::MemoryMeter meter;
  try {
    const T value = object.load();
    outcome.decoded = true;
    // What was decoded is a value like any other.
    T again{};
    detail::decode_into(again, test::encoded(value));
  } catch (const Error& error) {
    if (error.code() != Errc::decode_failed || outcome.decoded) {
      outcome.wrong = error.what();
    }
  } catch (const std::exception& error) {
    outcome.wrong = std::string("not an ipcarc::Error: ") + error.what();
  } catch (...) {
    outcome.wrong = "an unknown exception";
  }
  if (outcome.wrong.empty() && meter.most_bytes() > most_memory(length)) {
    outcome.wrong = std::to_string(meter.most_bytes()) + " bytes of memory for an encoding of " +
                    std::to_string(length);
  }
  return outcome;
}

}  // namespace

BlobOutcome exercise_blob(std::span<const std::uint8_t> input) {
  if (input.empty()) {
    return {};
  }
  const std::uint8_t first = input.front();
  input = input.subspan(1);
  std::span<const std::uint8_t> over_head;
  if ((first & head_too) != 0) {
    over_head = input.first(std::min(input.size(), sizeof(detail::BlobHead)));
    input = input.subspan(over_head.size());
  }
  BlobOutcome outcome;
  with_object(first, [&]<class T>(const IpcArc<T>& object) {
    test::forge(object, detail::type_key<T>(), std::as_bytes(input));
    if (!over_head.empty()) {
      test::StoredBlob blob(object);
      std::transform(
          over_head.begin(), over_head.end(), blob.head_bytes().begin(), blob.head_bytes().begin(),
          [](std::uint8_t damage, std::byte was) { return was ^ static_cast<std::byte>(damage); });
    }
    outcome = decode(object, input.size());
  });
  return outcome;
}

std::vector<std::uint8_t> whole_blob(std::size_t kind) {
  std::vector<std::uint8_t> input{static_cast<std::uint8_t>(kind)};
  with_object(kind, [&]<class T>(const IpcArc<T>&) {
    T value{};
    if constexpr (std::is_same_v<T, Everything>) {
      value = test::everything();
    } else if constexpr (std::is_same_v<T, Book>) {
      value = {{"a", {"Ulm", {1, 2}}}, {"b", {}}};
    } else if constexpr (std::is_same_v<T, Tree>) {
      value = test::everything().tree;
    } else {
      value = {{{1, {{true, 2.0}, {false, 0.5}}}}, {}};
    }
    for (const std::byte byte : test::encoded(value)) {
      input.push_back(static_cast<std::uint8_t>(byte));
    }
  });
  return input;
}

}  // namespace ipcarc::fuzz
