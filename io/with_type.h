// The C++ type of a sample type.
#pragma once

#include <cstdint>

#include "pipeline/core/image.h"

namespace nadir {

/// Calls f with a value of the type that stores such samples: with_type(type, []<class T>(T) { … }).
template <class F>
auto with_type(SampleType type, const F& f) {
  switch (type) {
    case SampleType::u8: return f(std::uint8_t{});
    case SampleType::i8: return f(std::int8_t{});
    case SampleType::u16: return f(std::uint16_t{});
    case SampleType::i16: return f(std::int16_t{});
    case SampleType::u32: return f(std::uint32_t{});
    case SampleType::i32: return f(std::int32_t{});
    case SampleType::f32: return f(float{});
    case SampleType::f64: break;
  }
  return f(double{});
}

}  // namespace nadir
