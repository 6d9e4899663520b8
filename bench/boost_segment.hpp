// A segment of Boost.Interprocess whose file has no name any more: forked processes share it, and nothing is left on /dev/shm.
#pragma once

#include <unistd.h>

#include <boost/interprocess/managed_shared_memory.hpp>
#include <cstddef>
#include <string>

namespace ipcarc::bench {

class BoostSegment {
 public:
  explicit BoostSegment(std::size_t bytes)
      : name_("ipcarc_bench_boost." + std::to_string(::getpid())),
        segment_(boost::interprocess::create_only, name_.c_str(), bytes) {
    boost::interprocess::shared_memory_object::remove(name_.c_str());
  }

  boost::interprocess::managed_shared_memory& operator*() { return segment_; }
  boost::interprocess::managed_shared_memory* operator->() { return &segment_; }

 private:
  std::string name_;
  boost::interprocess::managed_shared_memory segment_;
};

}  // namespace ipcarc::bench
