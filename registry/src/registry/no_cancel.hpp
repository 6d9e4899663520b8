// Thread cancellation off for a scope: no change of the segment ends in the middle because a call of the system is a cancellation point.
#pragma once

#include <pthread.h>

namespace ipcarc::detail {

class NoCancel {
 public:
  NoCancel() noexcept { ::pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &before_); }
  ~NoCancel() { ::pthread_setcancelstate(before_, nullptr); }
  NoCancel(const NoCancel&) = delete;
  NoCancel& operator=(const NoCancel&) = delete;

 private:
  int before_ = 0;
};

}  // namespace ipcarc::detail
