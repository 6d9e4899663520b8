// Ten types of ten members each, shared: what compile_time.sh measures, beside the same without a use of any.
#include <array>
#include <cstdint>
#include <optional>

#include <ipcarc/ipcarc.hpp>

template <int N>
struct Tag {
  std::uint32_t value = N;
};

#define TYPE(n)                            \
  struct Type##n {                         \
    int a = 0;                             \
    double b = 0;                          \
    Tag<n> c;                              \
    ipcarc::string d;                      \
    ipcarc::vector<ipcarc::string> e;      \
    std::array<int, 4> f{};                \
    std::optional<ipcarc::string> g;       \
    ipcarc::map<ipcarc::string, Tag<n>> h; \
    bool i = false;                        \
    char j[16] = {};                       \
  };
TYPE(0)
TYPE(1)
TYPE(2)
TYPE(3)
TYPE(4)
TYPE(5)
TYPE(6)
TYPE(7)
TYPE(8)
TYPE(9)

#ifdef SHARED
template <class T>
int use(ipcarc::Registry& registry) {
  auto arc = registry.get_or_create<T>("object");
  arc.update([](T& value) { ++value.a; });
  return arc.acquire()->a;
}
int use_all(ipcarc::Registry& registry) {
  return use<Type0>(registry) + use<Type1>(registry) + use<Type2>(registry) + use<Type3>(registry) +
         use<Type4>(registry) + use<Type5>(registry) + use<Type6>(registry) + use<Type7>(registry) +
         use<Type8>(registry) + use<Type9>(registry);
}
#endif
#ifdef PRIVATE
// The same of types that are not shared: what their copies, maps and strings cost by themselves.
template <class T>
int use(T& value) {
  T copy(value);
  ++copy.a;
  return copy.a;
}
int use_all() {
  Type0 v0;
  Type1 v1;
  Type2 v2;
  Type3 v3;
  Type4 v4;
  Type5 v5;
  Type6 v6;
  Type7 v7;
  Type8 v8;
  Type9 v9;
  return use(v0) + use(v1) + use(v2) + use(v3) + use(v4) + use(v5) + use(v6) + use(v7) + use(v8) +
         use(v9);
}
#endif
