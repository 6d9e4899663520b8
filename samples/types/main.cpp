// The examples of docs/TYPES.md.
#include <array>
#include <atomic>
#include <bitset>
#include <chrono>
#include <cstdlib>
#include <iostream>
#include <map>
#include <optional>
#include <string>
#include <thread>
#include <variant>

#include <boost/describe.hpp>

#include <ipcarc/ipcarc.hpp>
#include <ipcarc/json.hpp>

namespace app {

// --- an aggregate

enum class Role { reader, writer };

struct Peer {
  ipcarc::string name;
  std::uint16_t port = 0;
  Role role = Role::reader;
};

struct Settings {
  std::array<double, 3> weights{};
  char label[16] = "none";
  std::bitset<8> flags;
  std::chrono::milliseconds delay{250};
  std::optional<ipcarc::string> note;
  std::variant<int, ipcarc::string> limit = 10;
  ipcarc::vector<Peer> peers;
  ipcarc::unordered_map<ipcarc::string, ipcarc::vector<int>> table;
};

// --- a class that is described

class Account {
 public:
  Account() = default;
  explicit Account(std::int64_t cents) : cents_(cents) {}
  std::int64_t cents() const { return cents_; }

 private:
  std::int64_t cents_ = 0;
  ipcarc::string owner_;
  BOOST_DESCRIBE_CLASS(Account, (), (), (), (cents_, owner_))
};

// --- a class that vouches for itself

class Celsius {
 public:
  explicit Celsius(double degrees) : degrees_(degrees) {}
  double degrees() const { return degrees_; }

 private:
  double degrees_;
};

// --- a sync type

struct Progress {
  std::atomic<std::uint64_t> done{0};
  std::atomic<std::uint64_t> total{0};
};

// --- links

struct Task {
  ipcarc::string what;
  ipcarc::Link<Task> after;  // its own kind, which is not complete here
};

}  // namespace app

template <>
inline constexpr bool ipcarc::enable_relocatable<app::Celsius> = true;

template <>
inline constexpr bool ipcarc::is_sync<app::Progress> = true;

namespace {

void require(bool condition, const char* what) {
  if (!condition) {
    std::cerr << "not so: " << what << '\n';
    std::exit(1);
  }
}

void shares_what_it_has(ipcarc::Registry& registry) {
  auto settings = registry.create<app::Settings>("settings");
  {
    auto s = settings.acquire();
    s->peers.push_back({"10.0.0.7", 80, app::Role::writer});
    s->table["squares"] = {1, 4, 9};
    s->note = "by hand";
  }
  require(settings.read()->peers[0].name == "10.0.0.7", "a peer has its name");

  // From and to std:
  std::map<std::string, std::vector<int>> mine{{"cubes", {1, 8, 27}}};
  settings.update([&](app::Settings& s) {
    for (const auto& [name, numbers] : mine) {
      s.table[name] = ipcarc::vector<int>(numbers);
    }
  });
  std::string name(settings.read()->peers[0].name);
  require(name.size() == 8, "a string converts");
}

void waits_and_counts(ipcarc::Registry& registry) {
  auto progress = registry.create<app::Progress>("progress");
  std::thread worker([&] {  // or another process
    progress->total.store(3);
    for (int i = 0; i < 3; ++i) {
      progress->done.fetch_add(1);
      progress.notify_all();
    }
  });
  bool finished = progress.wait_until(
      [](const app::Progress& p) { return p.total.load() != 0 && p.done.load() == p.total.load(); },
      std::chrono::seconds(10));
  worker.join();
  require(finished, "three of three are done");

  auto ready = registry.create<std::atomic<bool>>("ready", false);
  ready->store(true);
  ready.notify_all();
  ready.wait(false);  // returns at once: it is true already
}

void links(ipcarc::Registry& registry) {
  auto first = registry.create<app::Task>("first", app::Task{"dig", {}});
  auto second = registry.create<app::Task>("second", app::Task{"build", first});
  if (auto before = second.read()->after.lock()) {
    require(before.read()->what == "dig", "the link leads to the first task");
  }
  first = {};  // the last holder: a link holds nothing
  require(!second.read()->after.lock(), "the first task is gone");
}

void shows_json(ipcarc::Registry& registry) {
  auto settings = registry.create<app::Settings>("shown");
  settings.acquire()->peers.resize(1);
  registry.set_json("shown", "peers[0].port", "8080");
  registry.set_json("shown", "label", R"("main")");
  std::string text = registry.value_json("shown");  // no app::Settings needed
  nlohmann::json value = ipcarc::json_value(registry, "shown");
  require(value["peers"][0]["port"] == 8080 && value["label"] == "main", text.c_str());

  // Without attaching, as a tool does that may only read:
  require(ipcarc::Registry::inspect_json(registry.name(), "shown") == text, "a tool sees the same");
}

void keeps_classes(ipcarc::Registry& registry) {
  auto account = registry.create<app::Account>("account", app::Account(500));
  require(account.read()->cents() == 500, "an account has its cents");
  require(ipcarc::json_value(registry, "account")["cents_"] == 500, "and shows them");
  auto outside = registry.create<app::Celsius>("outside", app::Celsius(-3.5));
  require(outside.load().degrees() == -3.5, "it is cold");
}

}  // namespace

int main() {
  auto registry = ipcarc::Registry::open("types");
  shares_what_it_has(registry);
  waits_and_counts(registry);
  links(registry);
  shows_json(registry);
  keeps_classes(registry);
  return 0;
}
