// Values that cannot be stored: the object keeps the one that it has, and the guard goes on.
#include <stdexcept>

#include "registry/example.hpp"
#include "serialization/example_types.hpp"
#include "serialization/stored_blob.hpp"

namespace ipcarc::test {

/// Throws when it is encoded, or decoded, if it says so.
struct Moody {
  std::string text;
  bool no_encoding = false;
  bool no_decoding = false;

  template <class Archive>
  void save(Archive& archive) const {
    if (no_encoding) {
      throw std::runtime_error("not in the mood");
    }
    archive(text, no_encoding, no_decoding);
  }
  template <class Archive>
  void load(Archive& archive) {
    archive(text, no_encoding, no_decoding);
    if (no_decoding) {
      throw 1;
    }
  }
};

struct Nothing {};

namespace {

class CommitFailureTest : public RegistryTest {
 protected:
  Registry registry_ = Registry::open(name_, small());
};

TEST_F(CommitFailureTest, AFullSegmentKeepsTheOldValue) {
  const auto text = registry_.create<std::string>("text", "old");
  const std::string too_long(std::size_t{16} << 20, 'x');
  auto guard = text.acquire();
  *guard = too_long;
  EXPECT_EQ(error_of([&] { guard.commit(); }), Errc::out_of_memory);
  EXPECT_EQ(guard->size(), too_long.size());  // nothing is lost yet
  EXPECT_FALSE(text.try_acquire().has_value());
  EXPECT_FALSE(guard.release());
  EXPECT_EQ(text.load(), "old");
  EXPECT_EQ(error_of([&] { text.store(too_long); }), Errc::out_of_memory);
  EXPECT_EQ(error_of([&] { text.reset(too_long); }), Errc::out_of_memory);
  EXPECT_EQ(error_of([&] { text.update([&](std::string& s) { s = too_long; }); }),
            Errc::out_of_memory);
  EXPECT_EQ(error_of([&] { registry_.create<std::string>("other", too_long); }),
            Errc::out_of_memory);
  EXPECT_FALSE(registry_.contains("other"));
  EXPECT_EQ(error_of([&] {
              registry_.get_or_compute<std::string>("computed", [&] { return too_long; });
            }),
            Errc::out_of_memory);
  EXPECT_EQ(text.load(), "old");
  EXPECT_EQ(text.version(), 0U);
  // What did fit goes on to fit.
  {
    auto again = text.acquire();
    *again = too_long;
    EXPECT_EQ(error_of([&] { again.commit(); }), Errc::out_of_memory);
    *again = "new";
  }
  EXPECT_EQ(text.load(), "new");
  expect_clean(registry_);
}

TEST_F(CommitFailureTest, AThrowingEncoderKeepsTheOldValue) {
  const auto moody = registry_.create<Moody>("moody", Moody{"old"});
  {
    auto guard = moody.acquire();
    guard->no_encoding = true;
    EXPECT_THROW(guard.commit(), std::runtime_error);
    EXPECT_FALSE(guard.release());
  }
  {
    auto guard = moody.acquire();
    guard->no_encoding = true;
  }
  EXPECT_THROW(moody.store(Moody{"", true}), std::runtime_error);
  EXPECT_THROW(registry_.create<Moody>("other", Moody{"", true}), std::runtime_error);
  EXPECT_FALSE(registry_.contains("other"));
  EXPECT_EQ(moody.load().text, "old");
  EXPECT_EQ(moody.version(), 0U);
  expect_clean(registry_);
}

TEST_F(CommitFailureTest, AThrowingDecoderIsDecodeFailed) {
  const auto moody = registry_.create<Moody>("moody", Moody{"old", false, true});
  EXPECT_EQ(error_of([&] { (void)moody.load(); }), Errc::decode_failed);
  EXPECT_EQ(error_of([&] { (void)moody.acquire(); }), Errc::decode_failed);
  moody.store(Moody{"new"});
  EXPECT_EQ(moody.load().text, "new");
}

TEST_F(CommitFailureTest, WhatIsNestedTooDeepIsNotEncoded) {
  const auto nested = [](int levels) {
    Tree root;
    for (Tree* tree = &root; levels > 0; --levels) {
      tree = &tree->children.emplace_back();
    }
    return root;
  };
  const auto tree = registry_.create<Tree>("tree", nested(500));
  EXPECT_EQ(tree.load(), nested(500));
  EXPECT_EQ(error_of([&] { tree.store(nested(600)); }), Errc::decode_failed);
  EXPECT_EQ(tree.load(), nested(500));
}

TEST_F(CommitFailureTest, ElementsOfNoBytesAreCounted) {
  using Nothings = std::pair<std::string, std::vector<Nothing>>;
  const auto nothings =
      registry_.create<Nothings>("nothings", Nothings{"", std::vector<Nothing>(4096)});
  EXPECT_EQ(nothings.load().second.size(), 4096U);
  const Nothings many{"", std::vector<Nothing>(8192)};
  EXPECT_EQ(error_of([&] { nothings.store(many); }), Errc::decode_failed);
  nothings.store(Nothings{std::string(8192, 'x'), std::vector<Nothing>(4096)});
  EXPECT_EQ(nothings.load().second.size(), 4096U);
}

}  // namespace
}  // namespace ipcarc::test
