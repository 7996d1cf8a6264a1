// Loops over rows on several threads.
#pragma once

#include <algorithm>

#include "pipeline/backend/exec.h"
#include "pipeline/core/window.h"

namespace nadir {

/// Calls body(y) for every row of a window, so many rows a task, in their order within it.
template <class Body>
void for_each_row(const Exec& exec, const Window& window, int rows_per_task, const Body& body) {
  exec.parallel(ceil_div(window.height, rows_per_task), [&](int task) {
    const int top = window.y + task * rows_per_task;
    const int bottom = std::min(window.bottom(), top + rows_per_task);
    for (int y = top; y < bottom; ++y) body(y);
  });
}

}  // namespace nadir
