// Types that cannot lie in a segment, encoded in each of the ways there are.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <variant>
#include <vector>

#include <ipcarc/ipcarc.hpp>
#include <ipcarc/serialization.hpp>

namespace ipcarc::test {

enum class Colour : std::uint8_t { red, green, blue };

/// By its members.
struct Place {
  std::string city;
  double at[2] = {};
  Colour colour = Colour::red;
  bool visited = false;

  friend bool operator==(const Place&, const Place&) = default;
};

/// By functions of its own.
class Account {
 public:
  Account() = default;
  Account(std::string owner, std::int64_t cents) : owner_(std::move(owner)), cents_(cents) {}
  const std::string& owner() const { return owner_; }
  friend bool operator==(const Account&, const Account&) = default;

 private:
  friend class cereal::access;
  template <class Archive>
  void serialize(Archive& archive) {
    archive(owner_, cents_);
  }
  std::string owner_;
  std::int64_t cents_ = 0;
};

/// Contains itself.
struct Tree {
  std::string name;
  std::vector<Tree> children;

  friend bool operator==(const Tree&, const Tree&) = default;
};

using Book = std::map<std::string, Place>;

struct Everything {
  std::vector<Place> places;
  std::map<std::string, std::vector<int>> lists;
  std::unordered_map<int, std::string> names;
  std::optional<std::string> title;
  std::variant<int, std::string, Place> choice;
  std::array<std::string, 2> pair;
  ipcarc::string own_text;
  ipcarc::vector<ipcarc::string> own_list;
  ipcarc::map<ipcarc::string, int> own_map;
  std::vector<bool> flags;
  Account account;
  Tree tree;
  std::vector<double> numbers;

  friend bool operator==(const Everything&, const Everything&) = default;
};

inline Everything everything() {
  Everything all;
  all.places = {{"Ulm", {1.5, -2}, Colour::blue, true}, {"Jena", {}, Colour::green, false}};
  all.lists = {{"a", {1, 2, 3}}, {"", {}}};
  all.names = {{1, "one"}, {2, "two, and more than fits into the string itself"}};
  all.title = "title";
  all.choice = Place{"Bonn", {}, Colour::red, false};
  all.pair = {"left", "right"};
  all.own_text = "text";
  all.own_list = {"x", "y, and more than fits into the string itself"};
  all.own_map = {{"k", 1}};
  all.flags = {true, false, true};
  all.account = {"me", 12345};
  all.tree = {"root", {{"leaf", {}}, {"branch", {{"leaf", {}}}}}};
  all.numbers = {0.5, 1e300};
  return all;
}

}  // namespace ipcarc::test
