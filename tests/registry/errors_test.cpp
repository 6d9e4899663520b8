// Every error says which registry, which object, what was expected and what was found.
#include "registry/example.hpp"

namespace ipcarc::test {

struct Today {
  int port = 0;
  int limit = 0;
};
struct Yesterday {
  int port = 0;
  unsigned limit = 0;
};

namespace {

class ErrorsTest : public RegistryTest {
 protected:
  /// What the Error that `call` throws says.
  template <class F>
  std::string message_of(F&& call, Errc expected) {
    try {
      call();
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), expected) << error.what();
      EXPECT_EQ(error.code().category(), error_category());
      EXPECT_NE(std::string(error.what()).find(name_.str()), std::string::npos) << error.what();
      return error.what();
    }
    ADD_FAILURE() << "no Error";
    return {};
  }
  static bool has(const std::string& message, const std::string& part) {
    return message.find(part) != std::string::npos;
  }

  Registry registry_ = Registry::open(name_, small());
};

TEST_F(ErrorsTest, TypeMismatchPrintsBothLayouts) {
  const auto made = registry_.create<Today>("cfg");
  const auto message = message_of([&] { registry_.get<Yesterday>("cfg"); }, Errc::type_mismatch);
  EXPECT_TRUE(has(message, "cfg") && has(message, "Today") && has(message, "Yesterday")) << message;
  // Beside each other, the first difference marked, and only that.
  EXPECT_TRUE(has(message, "expected") && has(message, " | ") && has(message, "found")) << message;
  const std::size_t mark = message.find("\n> ");
  EXPECT_NE(mark, std::string::npos) << message;
  EXPECT_EQ(mark, message.rfind("\n> ")) << message;
  EXPECT_EQ(sizeof(Today), sizeof(Yesterday));
  EXPECT_EQ(made.use_count(), 1U);
}

TEST_F(ErrorsTest, WrongModeNamesBothModes) {
  const auto made = registry_.create<int>("mutable", 1);
  const auto published = registry_.publish<int>("frozen", 1);
  EXPECT_TRUE(
      has(message_of([&] { registry_.get<const int>("mutable"); }, Errc::wrong_mode), "frozen"));
  EXPECT_TRUE(has(message_of([&] { registry_.get<int>("frozen"); }, Errc::wrong_mode), "mutable"));
  message_of([&] { registry_.publish<int>("mutable", 2); }, Errc::wrong_mode);
  EXPECT_EQ(made.load(), 1);
  registry_.remove("frozen");
}

TEST_F(ErrorsTest, NotFoundAndAlreadyExistsNameTheObject) {
  const auto made = registry_.create<int>("here", 1);
  EXPECT_TRUE(has(message_of([&] { registry_.get<int>("nowhere"); }, Errc::not_found), "nowhere"));
  EXPECT_TRUE(
      has(message_of([&] { registry_.create<int>("here", 1); }, Errc::already_exists), "here"));
}

TEST_F(ErrorsTest, TimedOutSaysWhatWasWaitedFor) {
  const auto made = registry_.create<int>("busy", 1);
  Signal held;
  Signal done;
  Child other([&] {
    const auto arc = Registry::attach(name_).get<int>("busy");
    const auto guard = arc.acquire();
    held.give();
    done.await();
  });
  ASSERT_TRUE(held.await());
  EXPECT_TRUE(has(
      message_of([&] { (void)made.acquire_for(std::chrono::milliseconds(20)); }, Errc::timed_out),
      "busy"));
  EXPECT_FALSE(made.try_acquire());
  done.give();
  EXPECT_TRUE(other.wait().ok());
}

TEST_F(ErrorsTest, TooManyObjectsSaysHowMany) {
  const RegistryName full("full");
  Options options = small();
  options.max_objects = 16;
  Registry registry = Registry::open(full, options);
  std::vector<IpcArc<int>> held;
  for (int i = 0; i < 16; ++i) {
    held.push_back(registry.create<int>(std::to_string(i), i));
  }
  try {
    registry.create<int>("more", 1);
    ADD_FAILURE();
  } catch (const Error& error) {
    EXPECT_TRUE(has(error.what(), "16") && has(error.what(), "more") &&
                has(error.what(), full.str()));
  }
}

TEST_F(ErrorsTest, EmptyHandlesAreToldNotFollowed) {
  const IpcArc<int> empty;
  EXPECT_FALSE(empty);
  EXPECT_EQ(error_of([&] { (void)empty.acquire(); }), Errc::wrong_mode);
  EXPECT_EQ(error_of([&] { (void)empty.load(); }), Errc::wrong_mode);
  EXPECT_EQ(error_of([&] { empty.store(1); }), Errc::wrong_mode);
  EXPECT_EQ(error_of([&] { empty.pin(); }), Errc::wrong_mode);
  EXPECT_EQ(error_of([&] { (void)empty.name(); }), Errc::wrong_mode);
  EXPECT_EQ(empty.use_count(), 0U);
}

TEST_F(ErrorsTest, EveryCodeHasAMessageOfItsOwn) {
  std::vector<std::string> texts;
  for (int code = static_cast<int>(Errc::not_found); code <= static_cast<int>(Errc::decode_failed);
       ++code) {
    texts.push_back(make_error_code(static_cast<Errc>(code)).message());
  }
  std::sort(texts.begin(), texts.end());
  EXPECT_EQ(std::unique(texts.begin(), texts.end()), texts.end());
}

}  // namespace
}  // namespace ipcarc::test
