#include "compare/store.hpp"

namespace ipcarc::bench {

const std::vector<ShopKind>& shop_kinds() {
  static const std::vector<ShopKind> all = {
      {"LMDB", false, open_lmdb},
      {"Redis", true, open_redis},
      {"memcached", true, open_memcached},
  };
  return all;
}

}  // namespace ipcarc::bench
