// The launchers: the only code that loops over pixels on behalf of kernels. A kernel is a named functor with
// `HD void operator()(int band, int x, int y) const`, a pure function of what it points to.
#pragma once

#include <algorithm>

#include "pipeline/backend/exec.h"
#if defined(__CUDACC__)
#include "pipeline/backend/launch_cuda.cuh"
#endif

// A launcher that CUDA's compiler made and the same one that the C++ compiler made differ. They have names of their
// own, or the linker would take one for the other, and the host would loop over memory of the device.
#if defined(__CUDACC__)
#define NADIR_BUILD cuda_build
#else
#define NADIR_BUILD host_build
#endif

namespace nadir {
inline namespace NADIR_BUILD {

template <class F>
void for_each_cpu(const Exec& exec, int bands, const Window& window, const F& f) {
  if (window.empty() || bands <= 0) return;
  const int samples_per_task = 1 << 16;
  const int rows = std::max(1, samples_per_task / window.width);
  const int strips = ceil_div(window.height, rows);
  const auto strip = [&](int task) {
    const int band = task / strips;
    const int top = window.y + (task % strips) * rows;
    const int bottom = std::min(window.bottom(), top + rows);
    const int right = window.right();
    const F kernel = f;  // a local copy: its pointers cannot alias the samples that it writes
    for (int y = top; y < bottom; ++y) {
#if !defined(__CUDACC__)
#pragma GCC ivdep
#endif
      for (int x = window.x; x < right; ++x) kernel(band, x, y);
    }
  };
  const int tasks = bands * strips;
  if (tasks == 1)
    strip(0);
  else
    exec.parallel(tasks, strip);
}

/// Calls f(band, x, y) for every band in [0, bands) and pixel of the window, in no particular order, on the CPU or the
/// device. `name` is what profilers show.
template <class F>
void for_each(Exec& exec, int bands, const Window& window, const F& f, [[maybe_unused]] const char* name) {
#if defined(__CUDACC__)
  if (exec.on_device()) {
    launch_cuda(exec, bands, window, f, name);
    return;
  }
#endif
  for_each_cpu(exec, bands, window, f);
}

}  // namespace NADIR_BUILD
}  // namespace nadir
