// A type full of std::string, shared as it is.
#include <sys/wait.h>
#include <unistd.h>

#include <cereal/archives/json.hpp>
#include <iostream>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

#include <ipcarc/ipcarc.hpp>
#include <ipcarc/serialization.hpp>

struct Person {  // an aggregate needs no serialize function
  std::string name;
  std::vector<std::string> numbers;
};
using Book = std::map<std::string, Person>;

namespace {

void add_from_another_process() {
  auto book = ipcarc::Registry::open("address_book").get<Book>("book");
  auto guard = book.acquire();  // a decoded copy, and the object locked
  (*guard)["ada"] = Person{"Ada Lovelace", {"1815", "1852"}};
  guard.commit();  // the end of the guard would do it too, but could not say what went wrong
}

int run() {
  auto registry = ipcarc::Registry::open("address_book");
  auto book = registry.create<Book>("book");

  const pid_t child = ::fork();
  if (child == 0) {
    add_from_another_process();
    ::_exit(0);
  }
  int status = 0;
  ::waitpid(child, &status, 0);

  try {
    book.update([](Book& copy) {
      copy.clear();
      throw std::runtime_error("changed my mind");
    });
  } catch (const std::runtime_error&) {
    // All or nothing: the book is as it was.
  }

  const auto copy = book.read();
  {
    cereal::JSONOutputArchive json(std::cout);
    json(cereal::make_nvp("book", *copy));
  }
  std::cout << '\n';
  return status == 0 && copy->at("ada").numbers.size() == 2 ? 0 : 1;
}

}  // namespace

int main() {
  try {
    return run();
  } catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 2;
  }
}
