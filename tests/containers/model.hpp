// What a container of ours should hold, as a value of std: a counterpart for each type, made,
// compared and copied between.
#pragma once

#include <array>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include <ipcarc/containers.hpp>

namespace ipcarc::test {

enum class Shape { scalar, text, sequence, map, set, pair, tuple, optional, variant, record };

/// The counterpart of T: its type, and which operations it has.
template <class T>
struct model_traits;
template <class T>
using Model = typename model_traits<T>::type;

template <class T, Shape S>
struct model_is {
  using type = T;
  static constexpr Shape shape = S;
};

template <>
struct model_traits<int> : model_is<int, Shape::scalar> {};
template <>
struct model_traits<string> : model_is<std::string, Shape::text> {};

template <class T>
struct model_traits<vector<T>> : model_is<std::vector<Model<T>>, Shape::sequence> {};
template <class T, std::size_t N>
struct model_traits<small_vector<T, N>> : model_is<std::vector<Model<T>>, Shape::sequence> {};
template <class T, std::size_t N>
struct model_traits<static_vector<T, N>> : model_is<std::vector<Model<T>>, Shape::sequence> {};
template <class T>
struct model_traits<deque<T>> : model_is<std::vector<Model<T>>, Shape::sequence> {};
template <class T>
struct model_traits<list<T>> : model_is<std::vector<Model<T>>, Shape::sequence> {};
template <class T>
struct model_traits<stable_vector<T>> : model_is<std::vector<Model<T>>, Shape::sequence> {};

template <class K, class T>
struct model_traits<map<K, T>> : model_is<std::map<Model<K>, Model<T>>, Shape::map> {};
template <class K, class T>
struct model_traits<flat_map<K, T>> : model_is<std::map<Model<K>, Model<T>>, Shape::map> {};
template <class K, class T>
struct model_traits<unordered_map<K, T>> : model_is<std::map<Model<K>, Model<T>>, Shape::map> {};
template <class K>
struct model_traits<set<K>> : model_is<std::set<Model<K>>, Shape::set> {};
template <class K>
struct model_traits<flat_set<K>> : model_is<std::set<Model<K>>, Shape::set> {};
template <class K>
struct model_traits<unordered_set<K>> : model_is<std::set<Model<K>>, Shape::set> {};

template <class A, class B>
struct model_traits<std::pair<A, B>> : model_is<std::pair<Model<A>, Model<B>>, Shape::pair> {};
template <class... T>
struct model_traits<std::tuple<T...>> : model_is<std::tuple<Model<T>...>, Shape::tuple> {};
template <class T, std::size_t N>
struct model_traits<std::array<T, N>> : model_is<std::array<Model<T>, N>, Shape::tuple> {};
template <class T>
struct model_traits<std::optional<T>> : model_is<std::optional<Model<T>>, Shape::optional> {};
template <class... T>
struct model_traits<std::variant<T...>> : model_is<std::variant<Model<T>...>, Shape::variant> {};

/// A plain aggregate with a member of each kind, and its counterpart, a tuple.
struct Record {
  int number = 0;
  string name;
  vector<string> tags;
  std::optional<string> note;
  std::array<string, 2> labels;
  std::variant<int, string, vector<int>> choice;
  std::pair<string, int> counted;
  std::tuple<string, map<int, string>> mixed;
  small_vector<string, 2> few;
  static_vector<string, 12> bounded;

  friend bool operator==(const Record&, const Record&) = default;
};
template <class R>
auto members(R& record) {
  return std::tie(record.number, record.name, record.tags, record.note, record.labels,
                  record.choice, record.counted, record.mixed, record.few, record.bounded);
}
template <class Visit>
void walk_members(Visit& visit, const Record& record) {
  std::apply([&](const auto&... member) { (visit(member), ...); }, members(record));
}
template <class Tuple>
struct tuple_of_models;
template <class... T>
struct tuple_of_models<std::tuple<T...>> {
  using type = std::tuple<Model<std::remove_cvref_t<T>>...>;
};
template <>
struct model_traits<Record>
    : model_is<tuple_of_models<decltype(members(std::declval<Record&>()))>::type, Shape::record> {};

template <class T>
inline constexpr Shape shape = model_traits<T>::shape;

/// Calls `visit` with each pair of members of two tuples, arrays or pairs.
template <class A, class B, class Visit>
void for_each_member(A&& left, B&& right, Visit visit) {
  [&]<std::size_t... I>(std::index_sequence<I...>) {
    (visit(std::get<I>(left), std::get<I>(right)), ...);
  }
  (std::make_index_sequence<std::tuple_size_v<std::remove_cvref_t<B>>>{});
}

/// Whether the two hold the same.
template <class T>
bool same(const T& ours, const Model<T>& model) {
  if constexpr (shape<T> == Shape::scalar || shape<T> == Shape::text) {
    return ours == model;
  } else if constexpr (shape<T> == Shape::sequence) {
    return ours.size() == model.size() &&
           std::equal(ours.begin(), ours.end(), model.begin(), [](const auto& a, const auto& b) {
             return same<std::remove_cvref_t<decltype(a)>>(a, b);
           });
  } else if constexpr (shape<T> == Shape::map) {
    return ours.size() == model.size() &&
           std::all_of(model.begin(), model.end(), [&](const auto& entry) {
             const auto found = ours.find(entry.first);
             return found != ours.end() &&
                    same<typename T::mapped_type>(found->second, entry.second);
           });
  } else if constexpr (shape<T> == Shape::set) {
    return ours.size() == model.size() &&
           std::all_of(model.begin(), model.end(),
                       [&](const auto& key) { return ours.contains(key); });
  } else if constexpr (shape<T> == Shape::optional) {
    return ours.has_value() == model.has_value() &&
           (!ours || same<typename T::value_type>(*ours, *model));
  } else if constexpr (shape<T> == Shape::variant) {
    return ours.index() == model.index() &&
           std::visit(
               [&](const auto& held) {
                 using Held = std::remove_cvref_t<decltype(held)>;
                 return same<Held>(held, std::get<Model<Held>>(model));
               },
               ours);
  } else {
    bool all = true;
    const auto compare = [&](const auto& a, const auto& b) {
      all = all && same<std::remove_cvref_t<decltype(a)>>(a, b);
    };
    if constexpr (shape<T> == Shape::record) {
      for_each_member(members(ours), model, compare);
    } else {
      for_each_member(ours, model, compare);
    }
    return all;
  }
}

/// What `ours` holds, as a value of std.
template <class T>
Model<T> model_of(const T& ours) {
  if constexpr (shape<T> == Shape::scalar || shape<T> == Shape::text) {
    return Model<T>(ours);
  } else if constexpr (shape<T> == Shape::sequence || shape<T> == Shape::set) {
    Model<T> model;
    for (const auto& element : ours) {
      model.insert(model.end(), model_of(element));
    }
    return model;
  } else if constexpr (shape<T> == Shape::map) {
    Model<T> model;
    for (const auto& [key, value] : ours) {
      model.emplace(model_of(key), model_of(value));
    }
    return model;
  } else if constexpr (shape<T> == Shape::optional) {
    return ours ? Model<T>(model_of(*ours)) : Model<T>();
  } else if constexpr (shape<T> == Shape::variant) {
    return std::visit([](const auto& held) { return Model<T>(model_of(held)); }, ours);
  } else {
    Model<T> model;
    const auto copy = [](const auto& from, auto& to) { to = model_of(from); };
    if constexpr (shape<T> == Shape::record) {
      for_each_member(members(ours), model, copy);
    } else {
      for_each_member(ours, model, copy);
    }
    return model;
  }
}

/// A value of ours that holds what the model holds.
template <class T>
T made_of(const Model<T>& model) {
  if constexpr (shape<T> == Shape::scalar || shape<T> == Shape::text) {
    return T(model);
  } else if constexpr (shape<T> == Shape::sequence) {
    T ours;
    for (const auto& element : model) {
      ours.push_back(made_of<typename T::value_type>(element));
    }
    return ours;
  } else if constexpr (shape<T> == Shape::set) {
    T ours;
    for (const auto& key : model) {
      ours.insert(made_of<typename T::value_type>(key));
    }
    return ours;
  } else if constexpr (shape<T> == Shape::map) {
    T ours;
    for (const auto& [key, value] : model) {
      ours.emplace(made_of<typename T::key_type>(key), made_of<typename T::mapped_type>(value));
    }
    return ours;
  } else if constexpr (shape<T> == Shape::optional) {
    return model ? T(made_of<typename T::value_type>(*model)) : T();
  } else if constexpr (shape<T> == Shape::variant) {
    T ours;
    [&]<std::size_t... I>(std::index_sequence<I...>) {
      (void)((model.index() == I &&
              (ours.template emplace<I>(
                   made_of<std::variant_alternative_t<I, T>>(std::get<I>(model))),
               true)) ||
             ...);
    }
    (std::make_index_sequence<std::variant_size_v<T>>{});
    return ours;
  } else {
    T ours;
    const auto copy = [](auto& to, const auto& from) {
      to = made_of<std::remove_cvref_t<decltype(to)>>(from);
    };
    if constexpr (shape<T> == Shape::record) {
      for_each_member(members(ours), model, copy);
    } else {
      for_each_member(ours, model, copy);
    }
    return ours;
  }
}

}  // namespace ipcarc::test
