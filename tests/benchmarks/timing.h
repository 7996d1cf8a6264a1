// How the benchmarks of kernels measure.
#pragma once

#include <algorithm>
#include <ctime>
#include <functional>
#include <vector>

#include "pipeline/backend/exec.h"

namespace nadir {

/// On the CPU that which all threads spend, so that a busy machine distorts less; on a device what passes.
inline double seconds_now(const Exec& exec) {
  timespec t{};
  clock_gettime(exec.on_device() ? CLOCK_MONOTONIC : CLOCK_PROCESS_CPUTIME_ID, &t);
  return double(t.tv_sec) + 1e-9 * double(t.tv_nsec);
}

/// Of so many repeats after one that warms up.
inline double median_seconds(Exec& exec, int repeats, const std::function<void()>& work) {
  work();
  exec.finish();
  std::vector<double> seconds;
  for (int r = 0; r < repeats; ++r) {
    const double start = seconds_now(exec);
    work();
    exec.finish();
    seconds.push_back(seconds_now(exec) - start);
  }
  std::nth_element(seconds.begin(), seconds.begin() + repeats / 2, seconds.end());
  return seconds[std::size_t(repeats) / 2];
}

}  // namespace nadir
