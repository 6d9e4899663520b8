// Objects of types that cannot lie in a segment as they are (std::map<std::string, X>, anything with a std::string in it): shared
// encoded by cereal, with the calls of all other objects. See docs/SERIALIZATION.md.
//
// Include it wherever such a type is shared; without it the compiler refuses to share one, and names this header. What a relocatable type is
// stored as does not depend on it. Also here: cereal support for the containers of ipcarc and for plain aggregates, in any archive.
#pragma once

#include <cereal/types/array.hpp>
#include <cereal/types/bitset.hpp>
#include <cereal/types/chrono.hpp>
#include <cereal/types/complex.hpp>
#include <cereal/types/deque.hpp>
#include <cereal/types/forward_list.hpp>
#include <cereal/types/list.hpp>
#include <cereal/types/map.hpp>
#include <cereal/types/optional.hpp>
#include <cereal/types/queue.hpp>
#include <cereal/types/set.hpp>
#include <cereal/types/stack.hpp>
#include <cereal/types/string.hpp>
#include <cereal/types/tuple.hpp>
#include <cereal/types/unordered_map.hpp>
#include <cereal/types/unordered_set.hpp>
#include <cereal/types/utility.hpp>
#include <cereal/types/valarray.hpp>
#include <cereal/types/variant.hpp>
#include <cereal/types/vector.hpp>

#include "ipcarc/registry.hpp"
#include "ipcarc/serialization/aggregates.hpp"
#include "ipcarc/serialization/containers.hpp"
#include "ipcarc/serialization/guard.hpp"
