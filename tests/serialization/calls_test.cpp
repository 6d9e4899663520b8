// The calls of a handle to an object that is shared encoded.
#include <thread>
#include <type_traits>

#include "registry/example.hpp"
#include "serialization/example_types.hpp"

namespace ipcarc::test {
namespace {

class EncodedTest : public RegistryTest {
 protected:
  Registry registry_ = Registry::open(name_, small());
};

TEST_F(EncodedTest, CreateAcquireAndReadBack) {
  const auto book = registry_.create<Book>("book");
  EXPECT_TRUE(book.read()->empty());
  {
    auto guard = book.acquire();
    (*guard)["home"] = Place{"Ulm", {1, 2}, Colour::green, true};
  }
  EXPECT_EQ(book.version(), 1U);
  EXPECT_EQ(registry_.get<Book>("book").read()->at("home").city, "Ulm");
  EXPECT_EQ(book.load().size(), 1U);
  expect_clean(registry_);
}

TEST_F(EncodedTest, EveryKindOfTypeComesBackAsItWas) {
  const auto all = registry_.create<Everything>("all", everything());
  EXPECT_TRUE(all.load() == everything());
  const auto account = registry_.create<Account>("account", "me", 12);
  EXPECT_EQ(account.load(), Account("me", 12));
  const auto place = registry_.create<Place>("place", "Ulm");
  EXPECT_EQ(place.load(), Place{"Ulm"});
  const auto made = registry_.create<Tree>("tree", [] { return Tree{"made", {{"leaf", {}}}}; });
  EXPECT_EQ(made.read()->children.at(0).name, "leaf");
  const auto text = registry_.create<std::string>("text", std::size_t{3}, 'x');
  EXPECT_EQ(text.load(), "xxx");
}

TEST_F(EncodedTest, OnlyAccessToChangeStores) {
  const auto text = registry_.create<std::string>("text", "old");
  {
    auto guard = text.acquire();
    EXPECT_EQ(std::as_const(guard)->size(), 3U);
  }
  EXPECT_EQ(text.version(), 0U);
  {
    auto guard = text.acquire();
    *guard = "new";
  }
  EXPECT_EQ(text.version(), 1U);
  EXPECT_EQ(text.load(), "new");
}

TEST_F(EncodedTest, AGuardLocksAndAReadDoesNot) {
  const auto text = registry_.create<std::string>("text", "old");
  auto guard = text.acquire();
  *guard = "new";
  std::thread([&] {
    EXPECT_FALSE(text.try_acquire());
    EXPECT_EQ(error_of([&] { (void)text.acquire_for(std::chrono::milliseconds(1)); }),
              Errc::timed_out);
  }).join();
  EXPECT_EQ(error_of([&] { (void)text.acquire(); }), std::errc::resource_deadlock_would_occur);
  EXPECT_TRUE(guard.release());
  const auto before = text.read();
  text.store("newer");  // with a ReadGuard about
  EXPECT_EQ(*before, "new");
  EXPECT_EQ(**text.try_acquire(), "newer");
}

TEST_F(EncodedTest, CommitStoresAndTheGuardGoesOn) {
  const auto text = registry_.create<std::string>("text", "0");
  auto guard = text.acquire();
  *guard = "1";
  guard.commit();
  guard.commit();
  EXPECT_EQ(text.version(), 1U);
  *guard = "2";
  std::string& kept = *guard;
  Guard<std::string> moved = std::move(guard);
  kept = "3";
  EXPECT_TRUE(moved.release());
  EXPECT_EQ(text.version(), 2U);
  EXPECT_EQ(text.load(), "3");
  auto dropped = text.acquire();
  *dropped = "4";
  dropped.discard();
  EXPECT_EQ(text.load(), "3");
  moved = text.acquire();
  *moved = "5";
  moved = registry_.create<std::string>("other").acquire();  // releases
  EXPECT_EQ(text.load(), "5");
  expect_clean(registry_);
}

TEST_F(EncodedTest, AnExceptionDropsTheChange) {
  const auto text = registry_.create<std::string>("text", "old");
  struct Trouble {};
  EXPECT_THROW(
      {
        auto guard = text.acquire();
        *guard = "half a change";
        throw Trouble();
      },
      Trouble);
  EXPECT_EQ(text.load(), "old");
  // In the destructor of something that is unwound, a guard is as anywhere.
  struct OnUnwind {
    const IpcArc<std::string>& text;
    ~OnUnwind() {
      auto guard = text.acquire();
      *guard = "new";
    }
  };
  EXPECT_THROW(
      {
        const OnUnwind on_unwind{text};
        throw Trouble();
      },
      Trouble);
  EXPECT_EQ(text.load(), "new");
}

TEST_F(EncodedTest, UpdateAndStoreAreAllOrNothing) {
  const auto book = registry_.create<Book>("book");
  EXPECT_EQ(book.update([](Book& b) {
    b["a"].city = "Ulm";
    return b.size();
  }),
            1U);
  struct Trouble {};
  EXPECT_THROW(book.update([](Book& b) {
    b.clear();
    throw Trouble();
  }),
               Trouble);
  EXPECT_EQ(book.load().size(), 1U);
  book.store({{"b", {}}, {"c", {}}});
  EXPECT_EQ(book.load().size(), 2U);
  EXPECT_EQ(book.version(), 2U);
  book.reset();
  EXPECT_TRUE(book.load().empty());
  EXPECT_EQ(book.version(), 3U);
}

TEST_F(EncodedTest, UpdatesLeakNothing) {
  const auto book = registry_.create<Book>("book");
  std::uint64_t used = 0;
  for (int i = 0; i < 1000; ++i) {
    book.update([&](Book& b) {
      b.clear();
      for (int k = 0; k < i % 10 * 20; ++k) {
        b["key " + std::to_string(k)].city = "a city of some length";
      }
    });
    if (i % 10 == 9) {
      used = used == 0 ? registry_.stats().heap_bytes_used : used;
      ASSERT_EQ(registry_.stats().heap_bytes_used, used);
    }
  }
  expect_clean(registry_);
}

TEST_F(EncodedTest, WaitersSeeACommit) {
  const auto text = registry_.create<std::string>("text", "old");
  const std::uint64_t before = text.version();
  std::thread writer([&] { text.update([](std::string& s) { s = "new"; }); });
  EXPECT_TRUE(text.wait_changed(before, std::chrono::seconds(30)));
  EXPECT_EQ(text.load(), "new");
  writer.join();
}

TEST_F(EncodedTest, AFrozenOneIsReadWithoutALock) {
  const auto first = registry_.publish<Book>("book", Book{{"a", {}}});
  static_assert(std::is_same_v<decltype(first), const IpcArc<const Book>>);
  EXPECT_EQ(first.read()->size(), 1U);
  const auto second = registry_.publish<Book>("book", Book{{"a", {}}, {"b", {}}});
  EXPECT_EQ(first.load().size(), 1U);
  EXPECT_EQ(registry_.get<const Book>("book").load().size(), 2U);
  EXPECT_EQ(error_of([&] { registry_.get<Book>("book"); }), Errc::wrong_mode);
  EXPECT_TRUE(registry_.remove("book"));
}

TEST_F(EncodedTest, IsFoundMadeOrComputedOnce) {
  EXPECT_FALSE(registry_.find<Book>("book"));
  const auto made = registry_.get_or_create<Book>("book", Book{{"a", {}}});
  EXPECT_EQ(registry_.get_or_create<Book>("book").load().size(), 1U);
  EXPECT_EQ(registry_.wait<Book>("book", std::chrono::seconds(1)), made);
  int calls = 0;
  const auto make = [&] {
    ++calls;
    return Book{{"x", {}}};
  };
  struct Trouble {};
  EXPECT_THROW(registry_.get_or_compute<Book>("once", [&]() -> Book { throw Trouble(); }), Trouble);
  const auto computed = registry_.get_or_compute<Book>("once", make);
  EXPECT_EQ(registry_.get_or_compute<Book>("once", make), computed);
  EXPECT_EQ(calls, 1);
  EXPECT_EQ(computed.load().size(), 1U);
  IpcWeak<Book> weak = made;
  EXPECT_EQ(weak.lock().load().size(), 1U);
  registry_.remove("once");
}

TEST_F(EncodedTest, AnotherTypeIsAMismatch) {
  const auto book = registry_.create<Book>("book");
  const auto code_of = [&]<class T>(T*) { return error_of([&] { registry_.get<T>("book"); }); };
  EXPECT_EQ(code_of(static_cast<std::string*>(nullptr)), Errc::type_mismatch);
  EXPECT_EQ(code_of(static_cast<std::map<std::string, std::string>*>(nullptr)),
            Errc::type_mismatch);
  EXPECT_EQ(code_of(static_cast<std::uint64_t*>(nullptr)), Errc::type_mismatch);
  EXPECT_EQ(code_of(static_cast<Book*>(nullptr)), std::error_code());
  try {
    registry_.get<std::vector<Place>>("book");
    ADD_FAILURE();
  } catch (const Error& error) {
    const std::string text = error.what();
    EXPECT_NE(text.find("std::map"), std::string::npos) << text;
    EXPECT_NE(text.find("std::vector"), std::string::npos) << text;
  }
}

TEST_F(EncodedTest, IsItsBytesToWhoReadsByLayoutIfAPartEncodesItself) {
  const auto all = registry_.create<Everything>("all", everything());
  const std::string json = registry_.value_json("all");
  EXPECT_NE(json.find("\"hex\":"), std::string::npos) << json;
  EXPECT_EQ(error_of([&] { registry_.set_json("all", "", "{}"); }), std::errc::invalid_argument);
  EXPECT_TRUE(all.load() == everything());
}

TEST_F(EncodedTest, RecoverOfAWholeObjectDoesNothing) {
  const auto text = registry_.create<std::string>("text", "whole");
  text.recover([](std::string&) { ADD_FAILURE() << "it can be decoded"; });
  EXPECT_EQ(text.version(), 0U);
}

TEST_F(EncodedTest, ThreadsChangeOneObject) {
  const auto counts = registry_.create<std::map<std::string, int>>("counts");
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 250; ++i) {
        auto guard = counts.acquire();
        ++(*guard)["sum"];
      }
    });
  }
  for (auto& thread : threads) {
    thread.join();
  }
  EXPECT_EQ(counts.load().at("sum"), 1000);
  expect_clean(registry_);
}

}  // namespace
}  // namespace ipcarc::test
