// Random operations, done alike to a container of ours and to its counterpart of std.
#pragma once

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "containers/model.hpp"

namespace ipcarc::test {

/// Small and quick; the same sequence for the same seed everywhere.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed * 2 + 1) {}
  /// Below `bound`.
  std::size_t operator()(std::size_t bound) {
    state_ = state_ * 6364136223846793005U + 1442695040888963407U;
    return static_cast<std::size_t>((state_ >> 33) % bound);
  }
  bool one_in(std::size_t bound) { return (*this)(bound) == 0; }

 private:
  std::uint64_t state_;
};

/// A random value. Texts are short, long, and just around what is stored inside a string; numbers
/// are small, so that none looks like a distance between mappings.
template <class T>
Model<T> random_model(Random& random, int depth = 0) {
  if constexpr (shape<T> == Shape::scalar) {
    return static_cast<int>(random(50));
  } else if constexpr (shape<T> == Shape::text) {
    static constexpr std::size_t lengths[] = {0, 1, 5, 15, 22, 23, 24, 31, 40, 100};
    std::string text(lengths[random(std::size(lengths))], 'a');
    for (char& character : text) {
      character = static_cast<char>('a' + random(4));
    }
    return text;
  } else if constexpr (shape<T> == Shape::optional) {
    return random.one_in(2) ? Model<T>()
                            : Model<T>(random_model<typename T::value_type>(random, depth + 1));
  } else if constexpr (shape<T> == Shape::variant) {
    Model<T> model;
    const std::size_t chosen = random(std::variant_size_v<T>);
    [&]<std::size_t... I>(std::index_sequence<I...>) {
      (void)((chosen == I &&
              (model.template emplace<I>(
                   random_model<std::variant_alternative_t<I, T>>(random, depth + 1)),
               true)) ||
             ...);
    }
    (std::make_index_sequence<std::variant_size_v<T>>{});
    return model;
  } else if constexpr (shape<T> == Shape::sequence || shape<T> == Shape::set) {
    Model<T> model;
    for (std::size_t left = random(depth == 0 ? 6 : 3); left != 0; --left) {
      model.insert(model.end(), random_model<typename T::value_type>(random, depth + 1));
    }
    return model;
  } else if constexpr (shape<T> == Shape::map) {
    Model<T> model;
    for (std::size_t left = random(depth == 0 ? 6 : 3); left != 0; --left) {
      model.emplace(random_model<typename T::key_type>(random, depth + 1),
                    random_model<typename T::mapped_type>(random, depth + 1));
    }
    return model;
  } else {
    Model<T> model;
    T shapes;
    const auto fill = [&](auto& ours, auto& to) {
      to = random_model<std::remove_cvref_t<decltype(ours)>>(random, depth + 1);
    };
    if constexpr (shape<T> == Shape::record) {
      for_each_member(members(shapes), model, fill);
    } else {
      for_each_member(shapes, model, fill);
    }
    return model;
  }
}

inline constexpr std::size_t largest_size = 12;

template <class T>
void mutate(T& ours, Model<T>& model, Random& random);

template <class T>
void mutate_text(T& ours, std::string& model, Random& random) {
  const std::string other = random_model<string>(random);
  const std::size_t at = random(model.size() + 1);
  const std::size_t count = random(model.size() - at + 1);
  if (model.size() > 300) {
    ours.resize(at);
    model.resize(at);
    return;
  }
  switch (random(18)) {
    case 0:
      ours.append(other), model.append(other);
      break;
    case 1:
      ours.push_back('p'), model.push_back('p');
      break;
    case 2:
      ours.insert(at, other), model.insert(at, other);
      break;
    case 3:
      ours.erase(at, count), model.erase(at, count);
      break;
    case 4:
      ours.replace(at, count, other), model.replace(at, count, other);
      break;
    case 5:
      ours = other, model = other;
      break;
    case 6:
      ours.resize(at + 3, 'r'), model.resize(at + 3, 'r');
      break;
    case 7:
      ours.shrink_to_fit();
      break;
    case 8:
      ours.reserve(at * 2), model.reserve(at * 2);
      break;
    case 9:
      ours = ours.substr(at, count), model = model.substr(at, count);
      break;
    case 10:
      ours = string(other) + ours, model = other + model;
      break;
    case 11:
      ours.append(ours), model.append(std::string(model));
      break;
    case 12:
      ours.insert(at, ours.view().substr(at, count));
      model.insert(at, std::string(model.substr(at, count)));
      break;
    case 13:
      ours.replace(0, at, ours.view().substr(at, count));
      model.replace(0, at, std::string(model.substr(at, count)));
      break;
    case 14:
      ours.insert(ours.begin() + at, other.begin(), other.end()), model.insert(at, other);
      break;
    case 15:
      std::sort(ours.begin(), ours.end()), std::sort(model.begin(), model.end());
      break;
    case 16:
      ours.assign(ours.view().substr(at)), model.assign(std::string(model.substr(at)));
      break;
    default:
      ours.insert(at, 3, 'i'), model.insert(at, 3, 'i');
      break;
  }
}

template <class T>
void mutate_sequence(T& ours, Model<T>& model, Random& random) {
  using Element = typename T::value_type;
  if (model.size() > largest_size - 4) {
    const std::size_t first = random(model.size());
    const std::size_t last = first + 1 + random(model.size() - first);
    const auto where = ours.erase(std::next(ours.begin(), static_cast<std::ptrdiff_t>(first)),
                                  std::next(ours.begin(), static_cast<std::ptrdiff_t>(last)));
    EXPECT_EQ(std::distance(ours.begin(), where), static_cast<std::ptrdiff_t>(first));
    model.erase(model.begin() + static_cast<std::ptrdiff_t>(first),
                model.begin() + static_cast<std::ptrdiff_t>(last));
    return;
  }
  const Model<Element> other = random_model<Element>(random, 1);
  const auto at = static_cast<std::ptrdiff_t>(random(model.size() + 1));
  const auto ours_at = std::next(ours.begin(), at);
  const auto model_at = model.begin() + at;
  const bool holds = !model.empty();
  const auto chosen = static_cast<std::ptrdiff_t>(holds ? random(model.size()) : 0);
  const auto ours_chosen = std::next(ours.begin(), chosen);
  switch (random(20)) {
    case 0: {
      const Element local = made_of<Element>(other);
      ours.push_back(local), model.push_back(other);
      break;
    }
    case 1:
      ours.push_back(made_of<Element>(other)), model.push_back(other);
      break;
    case 2:
      ours.insert(ours_at, made_of<Element>(other)), model.insert(model_at, other);
      break;
    case 3: {
      const Element local = made_of<Element>(other);
      ours.insert(ours_at, local), model.insert(model_at, other);
      break;
    }
    case 4:
      ours.emplace(ours_at, made_of<Element>(other)), model.insert(model_at, other);
      break;
    case 5: {
      const std::vector<Element> several(3, made_of<Element>(other));
      ours.insert(ours_at, several.begin(), several.end()), model.insert(model_at, 3, other);
      break;
    }
    case 6: {
      const Element local = made_of<Element>(other);
      ours.insert(ours_at, std::size_t{2}, local), model.insert(model_at, 2, other);
      break;
    }
    case 7:
      if (holds) {
        ours.push_back(*ours_chosen),
            model.push_back(Model<Element>(model[static_cast<std::size_t>(chosen)]));
      }
      break;
    case 8:
      if (holds) {
        const Model<Element> copy = model[static_cast<std::size_t>(chosen)];
        ours.insert(ours_at, *ours_chosen), model.insert(model_at, copy);
      }
      break;
    case 9:
      if (holds) {
        ours.erase(ours_chosen), model.erase(model.begin() + chosen);
      }
      break;
    case 10:
      if (holds) {
        ours.pop_back(), model.pop_back();
      }
      break;
    case 11: {
      const Element local = made_of<Element>(other);
      ours.resize(model.size() / 2 + 2, local), model.resize(model.size() / 2 + 2, other);
      break;
    }
    case 12:
      if (holds) {
        std::reverse(ours.begin(), ours.end()), std::reverse(model.begin(), model.end());
      }
      break;
    case 13:
      std::rotate(ours.begin(), ours_at, ours.end()),
          std::rotate(model.begin(), model_at, model.end());
      break;
    case 14:
      if (holds) {
        using std::swap;
        swap(*ours_chosen, *ours.begin()),
            swap(model[static_cast<std::size_t>(chosen)], model.front());
      }
      break;
    case 15: {
      const std::vector<Element> several(4, made_of<Element>(other));
      ours.assign(several.begin(), several.end()), model.assign(4, other);
      break;
    }
    case 16:
      if constexpr (requires { ours.shrink_to_fit(); }) {
        ours.shrink_to_fit();
      }
      break;
    case 17:
      if constexpr (std::is_same_v<Element, string>) {
        if constexpr (requires { ours.sort(); }) {
          ours.sort();
        } else {
          std::sort(ours.begin(), ours.end());
        }
        std::sort(model.begin(), model.end());
      }
      break;
    default:
      if (holds) {
        mutate<Element>(*ours_chosen, model[static_cast<std::size_t>(chosen)], random);
      }
  }
}

template <class T>
void mutate_map(T& ours, Model<T>& model, Random& random) {
  using Key = typename T::key_type;
  using Value = typename T::mapped_type;
  const bool holds = !model.empty();
  const auto chosen =
      std::next(model.begin(), static_cast<std::ptrdiff_t>(holds ? random(model.size()) : 0));
  if (model.size() > largest_size) {
    EXPECT_EQ(ours.erase(chosen->first), 1U);
    model.erase(chosen);
    return;
  }
  const Model<Key> key = random_model<Key>(random, 1);
  const Model<Value> value = random_model<Value>(random, 1);
  switch (random(13)) {
    case 0:
      ours.insert_or_assign(made_of<Key>(key), made_of<Value>(value)),
          model.insert_or_assign(key, value);
      break;
    case 1:
      EXPECT_EQ(ours.try_emplace(key, made_of<Value>(value)).second,
                model.try_emplace(key, value).second);
      break;
    case 2:
      ours[made_of<Key>(key)] = made_of<Value>(value), model[key] = value;
      break;
    case 3:
      ours[key], model[key];
      break;
    case 4:
      EXPECT_EQ(ours.emplace(made_of<Key>(key), made_of<Value>(value)).second,
                model.emplace(key, value).second);
      break;
    case 5: {
      const typename T::value_type local(made_of<Key>(key), made_of<Value>(value));
      EXPECT_EQ(ours.insert(local).second, model.insert({key, value}).second);
      break;
    }
    case 6: {
      std::vector<std::pair<Key, Value>> several;
      for (int i = 0; i != 3; ++i) {
        const Model<Key> another = random_model<Key>(random, 1);
        several.emplace_back(made_of<Key>(another), made_of<Value>(value));
        model.emplace(another, value);
      }
      ours.insert(several.begin(), several.end());
      break;
    }
    case 7:
      if (holds) {
        EXPECT_EQ(ours.erase(chosen->first), 1U);
        model.erase(chosen);
      }
      break;
    case 8:
      if (holds) {
        ours.erase(ours.find(chosen->first));
        model.erase(chosen);
      }
      break;
    case 9:
      if (holds) {
        const Model<Value> copy = chosen->second;
        const Value local = ours.at(chosen->first);
        ours[key] = local, model[key] = copy;
      }
      break;
    default:
      if (holds) {
        mutate<Value>(ours.find(chosen->first)->second, chosen->second, random);
      }
  }
}

template <class T>
void mutate_set(T& ours, Model<T>& model, Random& random) {
  using Key = typename T::key_type;
  const auto chosen = std::next(
      model.begin(), static_cast<std::ptrdiff_t>(model.empty() ? 0 : random(model.size())));
  if (model.size() > largest_size || (!model.empty() && random.one_in(4))) {
    EXPECT_EQ(ours.erase(*chosen), 1U);
    model.erase(chosen);
    return;
  }
  const Model<Key> key = random_model<Key>(random, 1);
  switch (random(4)) {
    case 0:
      EXPECT_EQ(ours.insert(made_of<Key>(key)).second, model.insert(key).second);
      break;
    case 1:
      EXPECT_EQ(ours.emplace(key).second, model.insert(key).second);
      break;
    case 2: {
      const Key local = made_of<Key>(key);
      EXPECT_EQ(ours.insert(local).second, model.insert(key).second);
      break;
    }
    default: {
      std::vector<Key> several{made_of<Key>(key), made_of<Key>(key)};
      ours.insert(several.begin(), several.end()), model.insert(key);
    }
  }
}

/// One random change, to both alike.
template <class T>
void mutate(T& ours, Model<T>& model, Random& random) {
  if (random.one_in(12)) {
    model = random_model<T>(random, 1);
    if (random.one_in(2)) {
      const T local = made_of<T>(model);
      ours = local;
    } else {
      ours = made_of<T>(model);
    }
    return;
  }
  if constexpr (shape<T> == Shape::scalar) {
    ours = model = static_cast<int>(random(50));
  } else if constexpr (shape<T> == Shape::text) {
    mutate_text(ours, model, random);
  } else if constexpr (shape<T> == Shape::sequence) {
    mutate_sequence(ours, model, random);
  } else if constexpr (shape<T> == Shape::map) {
    mutate_map(ours, model, random);
  } else if constexpr (shape<T> == Shape::set) {
    mutate_set(ours, model, random);
  } else if constexpr (shape<T> == Shape::optional) {
    if (!model || random.one_in(4)) {
      model = random_model<typename T::value_type>(random, 1);
      ours.emplace(made_of<typename T::value_type>(*model));
    } else if (random.one_in(4)) {
      model.reset(), ours.reset();
    } else {
      mutate(*ours, *model, random);
    }
  } else if constexpr (shape<T> == Shape::variant) {
    std::visit(
        [&](auto& held) {
          using Held = std::remove_cvref_t<decltype(held)>;
          mutate<Held>(held, std::get<Model<Held>>(model), random);
        },
        ours);
  } else {
    std::size_t left = random(std::tuple_size_v<Model<T>>);
    const auto one = [&](auto& member, auto& member_model) {
      if (left-- == 0) {
        mutate<std::remove_cvref_t<decltype(member)>>(member, member_model, random);
      }
    };
    if constexpr (shape<T> == Shape::record) {
      for_each_member(members(ours), model, one);
    } else {
      for_each_member(ours, model, one);
    }
  }
}

}  // namespace ipcarc::test
