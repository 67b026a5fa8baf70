// Errors of ours as exceptions of Python.
#pragma once

#include <stdexcept>
#include <utility>

#include "base/status.h"

namespace elanus::bench {

inline void Check(const Status& status) {
  if (!status.ok()) throw std::runtime_error(status.message());
}

template <typename T>
T Check(Result<T> result) {
  Check(result.status());
  return std::move(result).take();
}

}  // namespace elanus::bench
