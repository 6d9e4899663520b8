// A stored encoding that was damaged by accident: every bit, every length.
#include "serialization/example_types.hpp"
#include "serialization/stored_blob.hpp"

namespace ipcarc::test {
namespace {

class DamageTest : public RegistryTest {
 protected:
  void expect_refused(const std::string& how) {
    try {
      (void)object_.load();
      ADD_FAILURE() << how << ": decoded";
    } catch (const Error& error) {
      ASSERT_EQ(error.code(), Errc::decode_failed) << how;
    }
  }

  Registry registry_ = Registry::open(name_, small());
  IpcArc<Everything> object_ = registry_.create<Everything>("all", everything());
};

TEST_F(DamageTest, EverySingleBitIsNoticed) {
  std::size_t head_bits = 0;
  std::size_t bits = 0;
  {
    StoredBlob blob(object_);
    head_bits = blob.head_bytes().size() * 8;
    bits = head_bits + blob.bytes().size() * 8;
  }
  ASSERT_GT(bits, 3000U);
  const auto flip = [&](std::size_t bit) {
    StoredBlob blob(object_);
    static_assert(sizeof(detail::BlobHead) == 40);
    std::byte& byte =
        bit < head_bits ? blob.head_bytes()[bit / 8] : blob.bytes()[(bit - head_bits) / 8];
    byte ^= std::byte{1} << (bit % 8);
  };
  for (std::size_t bit = 0; bit < bits; ++bit) {
    flip(bit);
    expect_refused("bit " + std::to_string(bit));
    flip(bit);
  }
  EXPECT_TRUE(object_.load() == everything());
  expect_clean(registry_);
}

TEST_F(DamageTest, EveryOtherLengthIsNoticed) {
  const std::uint64_t length = StoredBlob(object_).head().length;
  for (std::uint64_t other = 0; other < length + 4096; ++other) {
    if (other != length) {
      StoredBlob(object_).head().length = other;
      expect_refused("length " + std::to_string(other));
    }
  }
  for (const std::uint64_t other : {std::uint64_t{1} << 20, std::uint64_t{1} << 40,
                                    std::uint64_t{1} << 63, ~std::uint64_t{0}}) {
    StoredBlob(object_).head().length = other;
    expect_refused("length " + std::to_string(other));
  }
  StoredBlob(object_).head().length = length;
  EXPECT_TRUE(object_.load() == everything());
}

TEST_F(DamageTest, EveryTruncationWithTheRightChecksumIsNoticed) {
  const std::vector<std::byte> whole = encoded(everything());
  const auto& key = detail::type_key<Everything>();
  for (std::size_t length = 0; length < whole.size(); ++length) {
    forge(object_, key, std::span(whole).first(length));
    expect_refused("cut to " + std::to_string(length));
  }
  std::vector<std::byte> longer = whole;
  longer.push_back(std::byte{0});
  forge(object_, key, longer);
  expect_refused("a byte more");
  forge(object_, key, whole);
  EXPECT_TRUE(object_.load() == everything());
}

TEST_F(DamageTest, AForeignEncodingIsNoticed) {
  const auto text = registry_.create<std::string>("text", "foreign");
  const detail::BlobHead foreign = StoredBlob(text).head();
  // Its place leads into another object, or nowhere.
  {
    StoredBlob blob(object_);
    blob.head() = foreign;
  }
  expect_refused("another object's head");
  // A right one, of another type.
  forge(object_, detail::type_key<std::string>(), encoded(std::string("foreign")));
  expect_refused("another type's encoding");
  object_.reset();
  EXPECT_TRUE(object_.load() == Everything{});
}

TEST_F(DamageTest, TheMessageNamesObjectExpectedAndFound) {
  StoredBlob(object_).bytes()[0] ^= std::byte{1};
  try {
    (void)object_.acquire();
    ADD_FAILURE();
  } catch (const Error& error) {
    const std::string text = error.what();
    for (const char* part : {name_.str().c_str(), "\"all\"", "expected", "found"}) {
      EXPECT_NE(text.find(part), std::string::npos) << text;
    }
  }
}

TEST_F(DamageTest, EveryCallRefusesAndTheObjectCanBeMended) {
  const auto damage = [&] { StoredBlob(object_).bytes()[9] ^= std::byte{4}; };
  damage();
  const auto code_of = [&](auto call) { return error_of(call); };
  EXPECT_EQ(code_of([&] { (void)object_.read(); }), Errc::decode_failed);
  EXPECT_EQ(code_of([&] { (void)object_.acquire(); }), Errc::decode_failed);
  EXPECT_EQ(code_of([&] { (void)object_.try_acquire(); }), Errc::decode_failed);
  EXPECT_EQ(code_of([&] { object_.update([](Everything&) {}); }), Errc::decode_failed);
  struct Trouble {};
  EXPECT_THROW(object_.recover([](Everything&) { throw Trouble(); }), Trouble);
  EXPECT_EQ(code_of([&] { (void)object_.load(); }), Errc::decode_failed);
  object_.recover([](Everything& made_anew) {
    EXPECT_TRUE(made_anew == Everything{});
    made_anew.own_text = "mended";
  });
  EXPECT_EQ(object_.load().own_text, "mended");
  damage();
  object_.store(everything());
  EXPECT_TRUE(object_.load() == everything());
  expect_clean(registry_);
}

}  // namespace
}  // namespace ipcarc::test
