// Encodings that mean harm: the checksum is right and the contents are not. Each is refused or gives a value; none makes the decoder ask for
// more memory than in proportion to its length.
#include <new>
#include <random>

#include "serialization/example_types.hpp"
#include "serialization/stored_blob.hpp"
#include "support/counted_memory.hpp"

namespace ipcarc::test {

struct Large {
  std::array<char, 4096> room{};
  std::string text;
};

namespace {

/// Decodes, and gives the most memory that it took at once. Any exception is an answer, but for a lack of memory.
template <class T>
std::size_t memory_to_decode(std::span<const std::byte> bytes, bool* decoded = nullptr) {
  const MemoryMeter meter;
  try {
    T value{};
    detail::decode_into(value, bytes);
    if (decoded != nullptr) {
      *decoded = true;
    }
  } catch (const std::bad_alloc&) {
    ADD_FAILURE() << "asked for more memory than there is";
  } catch (const std::exception&) {
  }
  return meter.most_bytes();
}

/// The spare elements may all be of the largest kind.
constexpr std::size_t most_memory(std::size_t length) {
  return (std::size_t{4} << 20) + 512 * length;
}

/// Changes a few bytes, lengths, or all of it.
void damage(std::vector<std::byte>& bytes, std::mt19937_64& random) {
  const auto below = [&](std::size_t limit) {
    return static_cast<std::size_t>(random() % (limit == 0 ? 1 : limit));
  };
  const std::size_t changes = 1 + below(4);
  for (std::size_t i = 0; i < changes; ++i) {
    switch (below(6)) {
      case 0:
        bytes.resize(below(bytes.size()));
        break;
      case 1:
        bytes.insert(bytes.end(), below(32), static_cast<std::byte>(random()));
        break;
      case 2: {  // a count
        const std::uint64_t words[] = {random(), random() % 100'000, ~std::uint64_t{0},
                                       std::uint64_t{1} << below(64), bytes.size()};
        if (bytes.size() >= 8) {
          std::memcpy(bytes.data() + below(bytes.size() - 7), &words[below(std::size(words))], 8);
        }
        break;
      }
      case 3:
        for (std::byte& byte : bytes) {
          byte = below(64) == 0 ? static_cast<std::byte>(random()) : byte;
        }
        break;
      default:
        if (!bytes.empty()) {
          bytes[below(bytes.size())] = static_cast<std::byte>(random());
        }
    }
  }
}

TEST(Hostile, RandomDamageTakesNoMoreMemoryThanItsLength) {
  const std::uint64_t seed = std::random_device()();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random(seed);
  const std::vector<std::byte> whole = encoded(everything());
  int decoded = 0;
  for (int i = 0; i < 20'000; ++i) {
    std::vector<std::byte> bytes = whole;
    damage(bytes, random);
    bool whole_value = false;
    ASSERT_LE(memory_to_decode<Everything>(bytes, &whole_value), most_memory(bytes.size()));
    decoded += whole_value ? 1 : 0;
  }
  // Some damage is a change of a letter or a number, and most is not.
  EXPECT_GT(decoded, 0);
  EXPECT_LT(decoded, 15'000);
}

TEST(Hostile, EveryCountMadeLargeIsRefused) {
  const std::vector<std::byte> whole = encoded(everything());
  for (std::size_t at = 0; at + 8 <= whole.size(); ++at) {
    for (const std::uint64_t count :
         {~std::uint64_t{0}, std::uint64_t{1} << 61, std::uint64_t{1} << 32, std::uint64_t{100'000},
          std::uint64_t{whole.size()} + 4096}) {
      std::vector<std::byte> bytes = whole;
      std::memcpy(bytes.data() + at, &count, 8);
      ASSERT_LE(memory_to_decode<Everything>(bytes), most_memory(bytes.size()))
          << count << " at " << at;
    }
  }
}

TEST(Hostile, NoiseIsRefusedInProportion) {
  const std::uint64_t seed = std::random_device()();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random(seed);
  for (int i = 0; i < 3000; ++i) {
    std::vector<std::byte> bytes(random() % 4096);
    for (std::byte& byte : bytes) {
      // Zeros make counts small, and counts inside of counts.
      byte = random() % 4 == 0 ? static_cast<std::byte>(random()) : std::byte{0};
    }
    ASSERT_LE(memory_to_decode<Everything>(bytes), most_memory(bytes.size()));
    ASSERT_LE(memory_to_decode<Book>(bytes), most_memory(bytes.size()));
    ASSERT_LE(memory_to_decode<Tree>(bytes), most_memory(bytes.size()));
    ASSERT_LE(memory_to_decode<std::vector<Large>>(bytes), most_memory(bytes.size()));
    ASSERT_LE((memory_to_decode<std::vector<std::deque<std::list<double>>>>(bytes)),
              most_memory(bytes.size()));
  }
}

TEST(Hostile, ACountOfLargeElementsAllocatesAsTheyAreRead) {
  // 100 000 bytes may say that 100 000 elements of 4 KiB follow; they do not hold more than 25.
  std::vector<std::byte> bytes(100'000);
  const std::uint64_t count = bytes.size();
  std::memcpy(bytes.data(), &count, 8);
  EXPECT_LE(memory_to_decode<std::vector<Large>>(bytes), std::size_t{1} << 20);
  EXPECT_LE(memory_to_decode<std::deque<Large>>(bytes), std::size_t{1} << 20);
  EXPECT_LE(memory_to_decode<std::list<Large>>(bytes), std::size_t{1} << 20);
  EXPECT_LE(memory_to_decode<ipcarc::vector<Large>>(bytes), std::size_t{1} << 20);
}

TEST(Hostile, NestingIsBounded) {
  // A tree with one child at every level: an empty name, one child, and so on.
  const std::uint64_t level[] = {0, 1};
  std::vector<std::byte> bytes;
  for (int i = 0; i < 200'000; ++i) {
    const auto* begin = reinterpret_cast<const std::byte*>(level);
    bytes.insert(bytes.end(), begin, begin + sizeof level);
  }
  EXPECT_LE(memory_to_decode<Tree>(bytes), most_memory(bytes.size()));
  Tree tree;
  try {
    detail::decode_into(tree, bytes);
    ADD_FAILURE();
  } catch (const detail::EncodingFault& fault) {
    EXPECT_NE(std::string(fault.what()).find("deeper"), std::string::npos) << fault.what();
  }
}

TEST(Hostile, NestedCountsAreBoundedTogether) {
  // Each of the inner vectors says that it has as many elements of no bytes as the whole may have.
  struct Nothing {};
  std::vector<std::uint64_t> words(10'000, 4096 + 80'000);
  words[0] = words.size() - 1;
  const auto bytes = std::as_bytes(std::span(words));
  EXPECT_LE((memory_to_decode<std::vector<std::vector<Nothing>>>(bytes)),
            most_memory(bytes.size()));
}

TEST(Hostile, ABoolIsNothingElse) {
  for (const unsigned value : {2U, 3U, 128U, 255U}) {
    std::vector<std::byte> bytes = encoded(std::optional<std::string>("text"));
    bytes[0] = static_cast<std::byte>(value);
    std::optional<std::string> text;
    EXPECT_THROW(detail::decode_into(text, bytes), detail::EncodingFault);
    std::array<bool, 2> flags{};
    const std::byte pair[] = {std::byte{1}, static_cast<std::byte>(value)};
    EXPECT_THROW(detail::decode_into(flags, pair), detail::EncodingFault);
  }
}

TEST(Hostile, ThroughASegmentEveryRefusalIsDecodeFailed) {
  const RegistryName name("hostile_test");
  Registry registry = Registry::open(name, small());
  const auto object = registry.create<Everything>("all", everything());
  const std::uint64_t seed = std::random_device()();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random(seed);
  const std::vector<std::byte> whole = encoded(everything());
  int refused = 0;
  for (int i = 0; i < 2000; ++i) {
    std::vector<std::byte> bytes = whole;
    damage(bytes, random);
    forge(object, detail::type_key<Everything>(), bytes);
    try {
      (void)object.load();
    } catch (const Error& error) {
      ASSERT_EQ(error.code(), Errc::decode_failed) << error.what();
      ++refused;
    }
  }
  EXPECT_GT(refused, 200);
  object.store(everything());
  EXPECT_TRUE(object.load() == everything());
  expect_clean(registry);
}

}  // namespace
}  // namespace ipcarc::test
