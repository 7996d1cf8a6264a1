// The refusal of a budget that holds no tile, and the budget that would.
#pragma once

#include <cstddef>
#include <string>

#include "pipeline/core/error.h"

namespace nadir {

/// The least budget of a whole run, bytes, of which memory_limits leaves so many bytes for tiles.
std::size_t budget_for(std::size_t tiles);

/// Error(Fault::config); `least` is the budget that would do.
class TooLittleMemory : public Error {
 public:
  TooLittleMemory(const std::string& message, std::size_t least) : Error(Fault::config, message), least_(least) {}
  std::size_t least() const { return least_; }

 private:
  std::size_t least_;
};

}  // namespace nadir
