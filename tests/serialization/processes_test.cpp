// Objects that are shared encoded, between processes: of which some are killed.
#include <unistd.h>

#include <random>
#include <thread>

#include "registry/example.hpp"
#include "serialization/example_types.hpp"

namespace ipcarc::test {
namespace {

using namespace std::chrono_literals;

/// A book that says by itself whether it is whole.
Book book_of(int number) {
  Book book;
  for (int i = 0; i < 20 + number % 50; ++i) {
    book["entry " + std::to_string(i)].city = std::to_string(number) + " is what this book is of";
  }
  return book;
}
/// The number of which the book is; -1 if it is of none.
int number_of(const Book& book) {
  if (book.empty()) {
    return -1;
  }
  const int number = std::stoi(book.begin()->second.city);
  return book == book_of(number) ? number : -1;
}

class EncodedProcessesTest : public RegistryTest {
 protected:
  Registry registry_ = Registry::open(name_, small());
};

TEST_F(EncodedProcessesTest, ShareOneObject) {
  const auto book = registry_.create<Book>("book", book_of(1));
  EXPECT_TRUE(run_in_child([&] {
                const auto theirs = Registry::attach(name_).get<Book>("book");
                EXPECT_EQ(number_of(theirs.load()), 1);
                theirs.store(book_of(2));
              }).ok());
  EXPECT_EQ(number_of(book.load()), 2);
  EXPECT_TRUE(run_in_child([&] {
                // A forked child's own handle.
                book.update([](Book& b) { b = book_of(3); });
              }).ok());
  EXPECT_EQ(number_of(book.load()), 3);
  registry_.reap();
  expect_clean(registry_);
}

TEST_F(EncodedProcessesTest, AGuardOfTheParentDoesNothingInAForkedChild) {
  const auto text = registry_.create<std::string>("text", "old");
  auto guard = text.acquire();
  *guard = "new";
  EXPECT_TRUE(run_in_child([&] {
                *guard = "the child's";
                guard.commit();
                EXPECT_TRUE(guard.release());
              }).ok());
  EXPECT_EQ(text.version(), 0U);
  EXPECT_TRUE(guard.release());
  EXPECT_EQ(text.load(), "new");
  registry_.reap();
  expect_clean(registry_);
}

TEST_F(EncodedProcessesTest, AHolderThatDiesInsideAGuardPoisonsNothing) {
  const auto text = registry_.create<std::string>("text", "old");
  Signal there;
  Child victim([&] {
    auto guard = Registry::attach(name_).get<std::string>("text").acquire();
    *guard = "half a change";
    there.give();
    std::this_thread::sleep_for(60s);
  });
  ASSERT_TRUE(there.await());
  EXPECT_TRUE(victim.kill().killed_by(SIGKILL));
  EXPECT_EQ(text.load(), "old");
  text.store("new");
  EXPECT_EQ(*text.acquire(), "new");
  registry_.reap();
  expect_clean(registry_);
}

TEST_F(EncodedProcessesTest, KilledAnywhereTheValueIsTheOldOrTheNew) {
  const std::uint64_t seed = std::random_device()();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random(seed);
  const auto book = registry_.create<Book>("book", book_of(0));
  int last = 0;
  for (int round = 0; round < 60; ++round) {
    Signal there;
    Child victim([&] {
      const auto theirs = Registry::attach(name_).get<Book>("book");
      there.give();
      for (int i = last + 1;; ++i) {
        switch (i % 3) {
          case 0:
            theirs.store(book_of(i));
            break;
          case 1: {
            auto guard = theirs.acquire();
            *guard = book_of(i);
            break;
          }
          default:
            theirs.update([i](Book& b) { b = book_of(i); });
        }
      }
    });
    ASSERT_TRUE(there.await());
    // In the middle of some commit, most likely: a victim does little else.
    const auto until =
        std::chrono::steady_clock::now() + std::chrono::microseconds(random() % 3000);
    while (std::chrono::steady_clock::now() < until) {
      ASSERT_GE(number_of(book.load()), last);
    }
    victim.kill();
    const int now = number_of(book.load());
    ASSERT_GE(now, last);
    last = now;
    book.store(book_of(++last));
  }
  EXPECT_GT(last, 60);
  registry_.reap();
  expect_clean(registry_);
}

TEST_F(EncodedProcessesTest, ChangesOfManyProcessesAddUp) {
  const auto counts = registry_.create<std::map<std::string, int>>("counts");
  std::vector<Child> children;
  children.reserve(4);
  for (int c = 0; c < 4; ++c) {
    children.emplace_back([&] {
      const auto theirs = Registry::attach(name_).get<std::map<std::string, int>>("counts");
      for (int i = 0; i < 100; ++i) {
        auto guard = theirs.acquire();
        ++(*guard)["sum"];
        ++(*guard)[std::to_string(i % 7)];
      }
    });
  }
  for (Child& child : children) {
    EXPECT_TRUE(child.wait().ok());
  }
  EXPECT_EQ(counts.load().at("sum"), 400);
  registry_.reap();
  expect_clean(registry_);
}

}  // namespace
}  // namespace ipcarc::test
